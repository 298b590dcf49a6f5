"""Sleeps in the time of the ROS graph, again and again, and says when it is."""
import sys

import rospy
from std_msgs.msg import Float64

rospy.init_node("sleeper", disable_signals=True)
period = float(sys.argv[1])
said = rospy.Publisher("/sleeper/time", Float64, queue_size=100)
print("ready", rospy.get_param("/use_sim_time"), flush=True)
while not rospy.is_shutdown():
    before = rospy.get_time()
    try:
        rospy.sleep(period)
    except rospy.exceptions.ROSTimeMovedBackwardsException:
        print("backwards", flush=True)
        continue
    print("slept", before, rospy.get_time(), flush=True)
    said.publish(rospy.get_time())
