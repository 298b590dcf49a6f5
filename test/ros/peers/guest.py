"""Hears /talker/last and calls /worker/flip, and keeps both connections without a word more."""
import rospy
from std_msgs.msg import String
from std_srvs.srv import SetBool

rospy.init_node("guest", disable_signals=True)
rospy.wait_for_message("/talker/last", String)
kept = rospy.Subscriber("/talker/last", String, lambda message: print("heard: " + message.data))
flip = rospy.ServiceProxy("/worker/flip", SetBool, persistent=True)
print("answered: " + flip(True).message)
rospy.spin()
