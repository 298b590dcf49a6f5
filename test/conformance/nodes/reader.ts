import { defineNode, from } from "pyros";

interface Pose {
  x: number;
  trail: number[];
}

/** Writes into what it gets, or compares it: as its name says. */
export default defineNode({
  inputs: {
    pose: from<Pose>("/keeper/pose", { depth: 1000 }),
    shared: from<Pose>("/keeper/shared", { depth: 1000 }),
    bytes: from<Uint8Array>("/keeper/bytes", { depth: 1000 }),
  },
  state: () => ({ poses: [] as Pose[], shared: [] as Pose[], frozen: 0, bytes: [] as number[][] }),
  on: {
    pose(pose, { state, name }) {
      state.poses.push(structuredClone(pose));
      if (!name.endsWith("vandal")) return;
      pose.x = 1e9;
      pose.trail.length = 0;
      pose.trail.push(-1);
      (pose as { added?: boolean }).added = true;
    },
    shared(pose, { state, name }) {
      state.shared.push(structuredClone(pose));
      if (!name.endsWith("vandal")) return;
      try {
        pose.trail.push(-1);
      } catch {
        state.frozen++;
      }
    },
    bytes(bytes, { state, name }) {
      state.bytes.push([bytes.byteLength, bytes[0]!]);
      if (name.endsWith("vandal")) bytes.fill(0);
    },
  },
  services: {
    state(_: void, { state }) {
      return state;
    },
  },
});
