import { client, defineNode, stream } from "../../src/mod.ts";
import { type Bursts, stream as measure } from "../lib/bursts.ts";
import { type Message, message } from "../lib/message.ts";
import type sink from "./sink.ts";

/** Publishes to `/sink` and measures it. */
const source = defineNode({
  streams: { small: stream<Message>(), large: stream<Uint8Array>() },
  needs: { sink: client<typeof sink>("/sink") },
  services: {
    stream(
      [size, count, bursts]: [number, number, Bursts],
      { streams, needs },
    ) {
      const item = new Uint8Array(size).fill(1);
      const emit = size === 64 ? (id: number) => streams.small.emit(message(id)) : () => streams.large.emit(item);
      return measure(emit, (count) => needs.sink.expect(count), count, bursts);
    },
  },
});

export default source;
