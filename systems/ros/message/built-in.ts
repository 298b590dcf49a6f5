/** Definitions that are there wherever the bridge is: the plainest services, which the package of common messages leaves out. */
export const builtIn: Readonly<Record<string, string | undefined>> = {
  "std_msgs/Header.msg": "uint32 seq\ntime stamp\nstring frame_id\n",
  "std_msgs/String.msg": "string data\n",
  "std_msgs/Empty.msg": "",
  "std_msgs/Bool.msg": "bool data\n",
  "std_msgs/Int32.msg": "int32 data\n",
  "std_msgs/Float64.msg": "float64 data\n",
  "std_srvs/Empty.srv": "---\n",
  "std_srvs/SetBool.srv": "bool data\n---\nbool success\nstring message\n",
  "std_srvs/Trigger.srv": "---\nbool success\nstring message\n",
  "rosgraph_msgs/Clock.msg": "time clock\n",
};
