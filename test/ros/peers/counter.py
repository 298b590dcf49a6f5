"""Publishes numbers on /count, and a last word on /kept, which is latched."""
import rospy
from std_msgs.msg import Int64, String

rospy.init_node("counter", disable_signals=True)
kept = rospy.Publisher("/kept", String, queue_size=1, latch=True)
kept.publish("the last word")
count = rospy.Publisher("/count", Int64, queue_size=100)
print("ready")
n = 0
while not rospy.is_shutdown():
    count.publish(n)
    n += 1
    rospy.sleep(0.02)
