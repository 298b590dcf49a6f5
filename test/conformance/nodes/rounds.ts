import { defineNode, from, stream } from "pyros";

/** Emits twice on `/bus` for every item of `/go`, and notes all that goes over the bus. */
export default defineNode({
  streams: { "/bus": stream<string>(), "/again": stream<number>() },
  inputs: { go: from<number>("/go"), bus: from<string>("/bus"), again: from<number>("/again") },
  state: () => ({ heard: [] as string[], forever: false }),
  on: {
    go(n, { streams, name }) {
      for (const k of [1, 2]) streams["/bus"].emit(`${name} ${n}.${k}`);
    },
    bus: (text, { state }) => void state.heard.push(text),
    /** Goes round as often as the item says. */
    again(n, { streams }) {
      if (n > 0) streams["/again"].emit(n - 1);
    },
  },
  services: {
    heard: (_: void, { state }) => state.heard,
    start(n: number, { streams }) {
      streams["/again"].emit(n);
    },
  },
});
