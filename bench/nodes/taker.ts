import { defineNode, from, stream } from "../../src/mod.ts";
import type { Message } from "../lib/message.ts";

/** Takes large items, tells of each, and gives back what it is called with. */
const taker = defineNode({
  streams: { came: stream<number>() },
  inputs: { bulk: from<ArrayBuffer>("/feeder/bulk", { depth: 4 }) },
  on: {
    bulk: (item, { streams }) => streams.came.emit(item.byteLength),
  },
  services: {
    echo: (message: Message) => message,
  },
});

export default taker;
