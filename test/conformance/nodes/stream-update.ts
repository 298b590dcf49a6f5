import { defineNode, from } from "pyros";

/** Reads `latest` once a frame. */
export default defineNode({
  inputs: { pose: from<any>("/source/items") },
  state: () => ({ seen: [] as any[] }),
  services: { seen: (_: void, { state }) => state.seen, counts: (_: void, { inputs }) => inputs.pose.counts },
  update({ inputs, state }) {
    if (inputs.pose.latest !== undefined) state.seen.push([inputs.pose.latest, inputs.pose.info!.missed]);
  },
});
