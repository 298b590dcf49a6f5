"""Provides /flip, /fails, /none, /hangs and /slow, as rospy does."""
import rospy
from std_srvs.srv import SetBool, SetBoolResponse, Trigger, TriggerResponse

rospy.init_node("server", disable_signals=True)


def fails(_):
    raise ValueError("the gripper is stuck")


def hangs(_):
    print("hanging")
    rospy.sleep(1000)


at_work = []
most = 0


def slow(_):
    """Tells how many were at work at one time."""
    global most
    at_work.append(1)
    most = max(most, len(at_work))
    rospy.sleep(0.5)
    at_work.pop()
    return TriggerResponse(True, str(most))


rospy.Service("/flip", SetBool, lambda asked: SetBoolResponse(not asked.data, "was %s" % asked.data))
rospy.Service("/fails", Trigger, fails)
rospy.Service("/none", Trigger, lambda _: None)
rospy.Service("/hangs", Trigger, hangs)
rospy.Service("/slow", Trigger, slow)
print("ready")
rospy.spin()
