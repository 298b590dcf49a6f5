import { Buffer } from "node:buffer";
import { client, defineNode, from, give, stream } from "../../src/mod.ts";
import { oneByOne } from "../lib/calls.ts";
import { message } from "../lib/message.ts";
import type taker from "./taker.ts";

const size = 16_000_000; // bytes of an item
const longest = 2000; // ms of a round

/** An item. Its memory is not zeroed, which takes some ms: whoever has large items has them from elsewhere. */
const large = (): ArrayBuffer => Buffer.allocUnsafeSlow(size).buffer as ArrayBuffer;

/** How large items go beside the calls: not at all, so many a second, or each as soon as the last one has come. */
export type Beside = 0 | number | "one after the other";

/** Calls `/taker` and measures it, alone or while large items go the same way. */
const feeder = defineNode({
  streams: { bulk: stream<ArrayBuffer>() },
  inputs: { came: from<number>("/taker/came") },
  needs: { taker: client<typeof taker>("/taker") },
  state: () => ({ streaming: false, items: 0 }),
  on: {
    came(_, { state, streams }) {
      state.items++;
      if (state.streaming) streams.bulk.emit(give(large()));
    },
  },
  services: {
    async calls([count, beside]: [number, Beside], { needs, state, streams }) {
      const before = state.items;
      const send = () => streams.bulk.emit(give(large()));
      state.streaming = beside === "one after the other";
      if (beside !== 0) send();
      const timer = typeof beside === "number" && beside > 0 ? setInterval(send, 1000 / beside) : undefined;
      const latency = await oneByOne(
        (message) => needs.taker.echo(message),
        count,
        message,
        longest,
      );
      state.streaming = false;
      clearInterval(timer);
      return { ...latency, items: state.items - before };
    },
  },
});

export default feeder;
