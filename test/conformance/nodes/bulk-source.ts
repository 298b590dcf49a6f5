import { defineNode, stream } from "pyros";

/** Emits large and small items on one stream, each with its number, and answers calls meanwhile. */
export default defineNode({
  streams: { item: stream<{ n: number; bytes: Uint8Array }>({ depth: 1000 }) },
  services: {
    emit(sizes: number[], { streams }) {
      for (const [n, size] of sizes.entries()) streams.item.emit({ n, bytes: new Uint8Array(size).fill(n + 1) });
    },
  },
});
