import { spawnSync } from "node:child_process";
import { hasRos } from "./support.ts";

/** Whether actionlib is installed beside ROS. */
export const hasActionlib: boolean = hasRos && spawnSync("/usr/bin/python3", ["-c", "import actionlib"]).status === 0;
