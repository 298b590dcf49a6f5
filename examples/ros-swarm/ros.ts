/** The messages of ROS that this example speaks, as plain objects. */
import { world } from "../swarm/types.ts";

export interface Vector {
  x: number;
  y: number;
  z: number;
}

/** geometry_msgs/Twist */
export interface Twist {
  linear: Vector;
  angular: Vector;
}

/** geometry_msgs/Pose */
export interface Pose {
  position: Vector;
  orientation: { x: number; y: number; z: number; w: number };
}

/** geometry_msgs/PoseStamped and PoseArray have one in front. */
export interface Header {
  stamp: Date;
  frame_id: string;
}

/** std_srvs: what SetBool and Trigger answer. */
export interface Done {
  success: boolean;
  message: string;
}

/** A header of now. In the frame `world`, x points to the right and y up, in m, as ROS has it. */
export const header = (): Header => ({ stamp: new Date(), frame_id: "world" });

/**
 * A pose in that frame.
 *
 * @param x m, as the swarm has it
 * @param y m, downwards, as the swarm has it
 * @param heading rad, anticlockwise from x, as ROS has it
 */
export function pose(x: number, y: number, heading: number): Pose {
  return {
    position: { x, y: world.height - y, z: 0 },
    orientation: { x: 0, y: 0, z: Math.sin(heading / 2), w: Math.cos(heading / 2) },
  };
}
