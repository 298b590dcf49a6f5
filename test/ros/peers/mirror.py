"""Sends back what comes: of each type that is named, from /there/TYPE to /back/TYPE."""
import importlib
import sys

import rospy

rospy.init_node("mirror", disable_signals=True)
for full in sys.argv[1:]:
    package, name = full.split("/")
    kind = getattr(importlib.import_module(package + ".msg"), name)
    topic = full.replace("/", "_")
    back = rospy.Publisher("/back/" + topic, kind, queue_size=1000)
    rospy.Subscriber("/there/" + topic, kind, back.publish, queue_size=1000)
print("ready")
rospy.spin()
