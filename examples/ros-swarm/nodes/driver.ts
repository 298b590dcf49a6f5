import { defineNode, from, type SetupContext, stream } from "pyros";
import type { Done, Pose, Twist } from "../ros.ts";

/** What driver.py is, where there is no rospy: it drives the swarm in circles, from a graph of its own. */
export default defineNode({
  rate: 10,
  streams: { "/swarm/cmd_vel": stream<Twist>({ type: "geometry_msgs/Twist", depth: 1 }) },
  inputs: { poses: from<{ poses: Pose[] }>("/swarm/poses", { maxRate: 1 }) },
  setup({ waitForService, call, set, signal, log }: SetupContext) {
    const begin = async (): Promise<void> => {
      await waitForService("/swarm/reset", { timeout: Infinity, signal });
      const { message } = await call<Done>("/swarm/reset", {});
      console.log(`driver: reset answers: ${message}`);
      await set("/swarm/speed", 1.5);
    };
    begin().catch((error: unknown) => signal.aborted || log.error("{error}", { error }));
  },
  on: {
    poses({ poses }) {
      const mean = (axis: "x" | "y"): string => (poses.reduce((sum, { position }) => sum + position[axis], 0) / poses.length).toFixed(0);
      console.log(`driver: ${poses.length} poses around ${mean("x")},${mean("y")}`);
    },
  },
  update({ streams }) {
    streams["/swarm/cmd_vel"].emit({ linear: { x: 12, y: 0, z: 0 }, angular: { x: 0, y: 0, z: 0.4 } });
  },
});
