"""Calls what is named on its standard input, SERVICE TYPE [true|false], and tells what comes of it."""
import sys

import rospy
import std_srvs.srv

rospy.init_node("caller", disable_signals=True)
print("ready")
proxies = {}
for line in sys.stdin:
    name, kind, *data = line.split()
    proxy = proxies.setdefault((name, kind), rospy.ServiceProxy(name, getattr(std_srvs.srv, kind), persistent=name.endswith("flip")))
    try:
        answer = proxy(*[one == "true" for one in data])
        print("%s: %s %s" % (name, answer.success, answer.message))
    except Exception as error:
        print("%s: %s %s" % (name, type(error).__name__, error))
