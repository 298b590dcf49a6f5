"""Drives the swarm in circles: a node of ROS like any other, which knows nothing of Pyros."""
import rospy
from geometry_msgs.msg import PoseArray, Twist
from std_srvs.srv import Trigger


def tell(message):
    x = sum(pose.position.x for pose in message.poses) / len(message.poses)
    y = sum(pose.position.y for pose in message.poses) / len(message.poses)
    print("rospy: %d poses around %.0f,%.0f" % (len(message.poses), x, y), flush=True)
    rospy.sleep(1)  # one message a second is enough


rospy.init_node("driver")
rospy.wait_for_service("/swarm/reset")
print("rospy: reset answers: %s" % rospy.ServiceProxy("/swarm/reset", Trigger)().message, flush=True)
rospy.set_param("/swarm/speed", 1.5)
rospy.Subscriber("/swarm/poses", PoseArray, tell, queue_size=1, buff_size=2**20)
wheel = rospy.Publisher("/swarm/cmd_vel", Twist, queue_size=1)
twist = Twist()
twist.linear.x = 12  # m/s
twist.angular.z = 0.4  # rad/s
while not rospy.is_shutdown():
    wheel.publish(twist)
    rospy.rostime.wallsleep(0.1)
