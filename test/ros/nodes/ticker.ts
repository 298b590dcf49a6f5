import { defineNode, stream } from "pyros";

/** Says at each frame what time it is. */
export default defineNode({
  streams: { tick: stream<number>() },
  update({ streams, time }) {
    streams.tick.emit(time);
  },
});
