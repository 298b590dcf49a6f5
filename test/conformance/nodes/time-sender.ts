import { defineNode, stream } from "pyros";
import type { Note } from "./time-board.ts";

/** In its first update it sends two notes: as items of a stream that several share, or as calls. */
export default defineNode({
  params: { how: "items" },
  streams: { "/bus": stream<Note>({ depth: 1000 }) },
  state: () => ({ sent: false }),
  update({ name, params, streams, call, state }) {
    if (state.sent) return;
    state.sent = true;
    for (const n of [1, 2]) {
      const note = { text: `${name.slice(1)}${n}`, hops: 1 };
      if (params.how === "items") streams["/bus"].emit(note);
      else void call("/board/note", note).catch(() => {});
    }
  },
});
