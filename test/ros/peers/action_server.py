"""Serves /count, as actionlib's simple server does: counts up to a goal; a negative one is aborted."""
import actionlib
import rospy
from actionlib.msg import TestAction, TestFeedback, TestResult

rospy.init_node("action_server", disable_signals=True)


def count(asked):
    if asked.goal < 0:
        server.set_aborted(TestResult(7), "it cannot count down")
        return
    for i in range(1, asked.goal + 1):
        if server.is_preempt_requested():
            print("preempted", flush=True)
            server.set_preempted(TestResult(i), "it was told to stop")
            return
        server.publish_feedback(TestFeedback(i))
        rospy.sleep(0.01)
    server.set_succeeded(TestResult(asked.goal))


server = actionlib.SimpleActionServer("/count", TestAction, count, False)
server.start()
print("ready")
rospy.spin()
