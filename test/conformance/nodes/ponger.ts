import { defineNode, stream } from "pyros";

/** Sends items and a write before it answers. */
export default defineNode({
  streams: { items: stream<number>({ depth: 1000 }) },
  services: {
    async pong({ n, later }: { n: number; later: boolean }, { streams, set }) {
      if (later) await Promise.resolve();
      streams.items.emit(n);
      void set("/pong", n);
      return n;
    },
    quick(n: number, { streams, set }) {
      streams.items.emit(n);
      void set("/pong", n);
      return n;
    },
  },
});
