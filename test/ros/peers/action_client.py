"""Sends goals to the action that is named, each a line on its standard input, and tells what comes of it; `N stop` cancels at the third feedback."""
import sys

import actionlib
import rospy
from actionlib.msg import TestAction, TestGoal

rospy.init_node("action_client", disable_signals=True)
client = actionlib.SimpleActionClient(sys.argv[1], TestAction)
if not client.wait_for_server(rospy.Duration(20)):
    print("there is no server")
print("ready")
for line in sys.stdin:
    goal, *stop = line.split()
    seen = []

    def feed(feedback):
        seen.append(feedback.feedback)
        if stop and len(seen) == 3:
            client.cancel_goal()

    client.send_goal(TestGoal(int(goal)), feedback_cb=feed)
    client.wait_for_result(rospy.Duration(20))
    result = client.get_result()
    status = actionlib.GoalStatus.to_string(client.get_state())
    print("%s: %s %s fed=%d text=%s" % (line.strip(), status, result and result.result, len(seen), client.get_goal_status_text()))
