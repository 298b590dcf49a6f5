import { defineNode, from, stream } from "../../src/mod.ts";

/** Publishes what all others of its kind read, and reads what they publish. */
const oneOfMany = defineNode({
  streams: { "/said": stream<number>() },
  inputs: { heard: from<number>("/said", { depth: 1000 }) },
  state: () => ({ heard: 0 }),
  on: {
    heard: (_, { state }) => void state.heard++,
  },
  services: {
    say: (_: void, { streams }) => streams["/said"].emit(1),
    heard: (_: void, { state }) => ({ heard: state.heard, pid: process.pid }),
  },
});

export default oneOfMany;
