import { defineNode, stream } from "pyros";

/** Says something in every frame. */
export default defineNode({
  streams: { out: stream<{ data: string }>({ type: "std_msgs/String" }) },
  state: () => ({ n: 0 }),
  update({ state, streams }) {
    streams.out.emit({ data: `word ${state.n++}` });
  },
});
