import { client, defineNode, from, stream } from "pyros";
import type body from "./replay-body.ts";
import type { Pose } from "./replay-body.ts";

/** Calls the body back when it is far away, and turns its drag now and then. */
export default defineNode({
  streams: { told: stream<{ n: number; vx: number; at: number }>({ depth: 100 }) },
  inputs: { pose: from<Pose>("body/pose", { depth: 1 }) },
  needs: { body: client<typeof body>("body") },
  rate: 25,
  update({ inputs, needs, set, streams, random, time, signal }) {
    const pose = inputs.pose.latest;
    if (pose === undefined) return;
    if (random() < 0.2) {
      const size = 1 + Math.sqrt(pose.x * pose.x + pose.y * pose.y);
      void needs.body.kick({ x: -pose.x / size, y: -pose.y / size }, { timeout: 5 }).then(
        ({ n, vx }) => streams.told.emit({ n, vx, at: time }),
        (error: Error) => {
          if (!signal.aborted) streams.told.emit({ n: -1, vx: error.name === "ServiceTimeoutError" ? 0 : Number.NaN, at: time });
        },
      );
    }
    if (random() < 0.05) set("body/drag", random()).catch(() => {});
  },
});
