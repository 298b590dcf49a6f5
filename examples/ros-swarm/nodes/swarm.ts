import { client, defineNode, from, param, stream } from "pyros";
import type guide from "../../swarm/nodes/guide.ts";
import { type Bodies, type Steer, world } from "../../swarm/types.ts";
import { type Done, type Header, header, type Pose, pose, type Twist } from "../ros.ts";

interface PoseStamped {
  header: Header;
  pose: Pose;
}

const patience = 500; // ms: who says no more, steers no more
const named = ["body_0", "body_1", "body_2"] as const;
const stamped = () => stream<PoseStamped>({ type: "geometry_msgs/PoseStamped", depth: 1 });

/** The swarm as a robot of ROS: poses go out, a Twist steers, services pause and reset. */
export default defineNode({
  description: "the swarm as a robot of ROS",
  rate: 10,
  params: {
    limit: param(16, { min: 0, max: 100, unit: "m/s", description: "how fast a Twist may be" }),
    most: param(1000, { min: 1, integer: true, description: "poses in an array" }),
  },
  streams: {
    poses: stream<{ header: Header; poses: Pose[] }>({ type: "geometry_msgs/PoseArray", depth: 1 }),
    goal: stamped(),
    body_0: stamped(),
    body_1: stamped(),
    body_2: stamped(),
  },
  inputs: {
    bodies: from<Bodies>("/world/bodies", { maxRate: 10 }),
    steer: from<Steer>("/guide/steer", { maxRate: 10 }),
    twist: from<Twist>("~cmd_vel", { depth: 1 }),
  },
  needs: { guide: client<typeof guide>("/guide") },
  state: () => ({ heading: 0, twist: undefined as Twist | undefined, since: 0 }),
  serviceOptions: { pause: { type: "std_srvs/SetBool" }, reset: { type: "std_srvs/Trigger" } },
  services: {
    async pause({ data }: { data: boolean }, { set }): Promise<Done> {
      await set("/world/paused", data);
      return { success: true, message: data ? "the bodies stand still" : "the bodies move" };
    },
    /** Leads the swarm back to the middle. */
    async reset(_: object, { state, needs, set }): Promise<Done> {
      state.heading = 0;
      state.twist = undefined;
      await set("/world/paused", false);
      await needs.guide.go({ x: world.width / 2, y: world.height / 2 });
      return { success: true, message: "back to the middle" };
    },
  },
  on: {
    twist(twist, { state, time }) {
      state.twist = twist;
      state.since = time;
    },
    bodies({ x, y, vx, vy }, { params, streams }) {
      const poses = Array.from(x.subarray(0, params.most), (_, i) => pose(x[i]!, y[i]!, Math.atan2(-vy[i]!, vx[i]!)));
      streams.poses.emit({ header: header(), poses });
      named.forEach((name, i) => poses[i] !== undefined && streams[name].emit({ header: header(), pose: poses[i] }));
    },
    steer({ x, y }, { state, streams }) {
      streams.goal.emit({ header: header(), pose: pose(x, y, state.heading) });
    },
  },
  /** Moves the goal as a Twist moves a robot: along where it heads, and sideways, and turning. */
  update({ state, params, needs, time, log }, dt) {
    if (state.twist === undefined || time - state.since > patience) return;
    const { linear, angular } = state.twist;
    state.heading += angular.z * dt;
    const way = Math.min(1, params.limit / Math.hypot(linear.x, linear.y)) * dt; // NaN of a Twist that stands still moves nothing
    const [sin, cos] = [Math.sin(state.heading), Math.cos(state.heading)];
    const [x, y] = [(linear.x * cos - linear.y * sin) * way, (linear.x * sin + linear.y * cos) * way];
    if (!Number.isFinite(x + y) || (x === 0 && y === 0)) return;
    needs.guide.nudge({ x, y: -y }).catch((error: unknown) => log.debug("the guide did not answer: {error}", { error }));
  },
});
