/** Definitions that are there wherever the bridge is: the plainest ones, what actions need, and what the package of common messages leaves out. */
export const builtIn: Readonly<Record<string, string | undefined>> = {
  "std_msgs/Header.msg": "uint32 seq\ntime stamp\nstring frame_id\n",
  "std_msgs/String.msg": "string data\n",
  "std_msgs/Empty.msg": "",
  "std_msgs/Bool.msg": "bool data\n",
  "std_msgs/Int32.msg": "int32 data\n",
  "std_msgs/Float64.msg": "float64 data\n",
  "std_msgs/UInt8MultiArray.msg": "MultiArrayLayout layout\nuint8[] data\n",
  "geometry_msgs/Pose2D.msg": "float64 x\nfloat64 y\nfloat64 theta\n",
  "sensor_msgs/ChannelFloat32.msg": "string name\nfloat32[] values\n",
  "sensor_msgs/PointCloud.msg": "Header header\ngeometry_msgs/Point32[] points\nChannelFloat32[] channels\n",
  "nav_msgs/GridCells.msg": "Header header\nfloat32 cell_width\nfloat32 cell_height\ngeometry_msgs/Point[] cells\n",
  "std_srvs/Empty.srv": "---\n",
  "std_srvs/SetBool.srv": "bool data\n---\nbool success\nstring message\n",
  "std_srvs/Trigger.srv": "---\nbool success\nstring message\n",
  "actionlib_msgs/GoalID.msg": "time stamp\nstring id\n",
  "actionlib_msgs/GoalStatus.msg": "GoalID goal_id\nuint8 status\nuint8 PENDING=0\nuint8 ACTIVE=1\nuint8 PREEMPTED=2\nuint8 SUCCEEDED=3\n" +
    "uint8 ABORTED=4\nuint8 REJECTED=5\nuint8 PREEMPTING=6\nuint8 RECALLING=7\nuint8 RECALLED=8\nuint8 LOST=9\nstring text\n",
  "actionlib_msgs/GoalStatusArray.msg": "Header header\nGoalStatus[] status_list\n",
  "rosgraph_msgs/Clock.msg": "time clock\n",
};
