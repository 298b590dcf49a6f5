import { client, defineNode, stream } from "pyros";
import type receiver from "./receiver.ts";

export type Sent = "call" | "item" | "param";

/** Sends calls, items and param writes, in an order that it is told. */
export default defineNode({
  streams: { items: stream<number>({ depth: 10_000 }), others: stream<number>({ depth: 10_000 }) },
  needs: { receiver: client<typeof receiver>("receiver") },
  services: {
    /** Sends all in one go. */
    async burst(kinds: Sent[], { needs, streams, set }) {
      const answers: Promise<unknown>[] = [];
      for (const [n, kind] of kinds.entries()) {
        if (kind === "call") answers.push(needs.receiver.note(n));
        if (kind === "item") (n % 3 === 0 ? streams.others : streams.items).emit(n);
        if (kind === "param") answers.push(set("/last", n));
      }
      await Promise.all(answers);
    },
    /** Each call after an acknowledged write. */
    async careful(count: number, { needs, streams, set }) {
      for (let n = 0; n < count; n++) {
        await set("/last", n);
        if (n % 2 === 0) streams.items.emit(n);
        else void needs.receiver.note(n);
      }
    },
  },
});
