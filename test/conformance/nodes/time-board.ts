import { defineNode, from, stream } from "pyros";

export interface Note {
  text: string;
  hops: number;
}

/** Writes down what comes, in its order and with its time, and sends it to itself for so many hops. */
export default defineNode({
  streams: { loop: stream<Note>({ depth: 1000 }) },
  inputs: { bus: from<Note>("/bus", { depth: 1000 }), loop: from<Note>("~loop", { depth: 1000 }) },
  state: () => ({ log: [] as [string, number][], on: true }),
  on: {
    bus({ text, hops }, { state, time, streams }) {
      state.log.push([text, time]);
      if (hops > 0) streams.loop.emit({ text: `${text}'`, hops: hops - 1 });
    },
    loop({ text, hops }, { state, time, streams }) {
      state.log.push([text, time]);
      if (hops > 0) streams.loop.emit({ text: `${text}'`, hops: hops - 1 });
    },
  },
  services: {
    note({ text, hops }: Note, { state, time, call }) {
      state.log.push([text, time]);
      if (hops > 0) void call("~note", { text: `${text}'`, hops: hops - 1 }).catch(() => {});
    },
    /** Sends itself messages without end. */
    spin(how: "items" | "calls", { streams, call, state }) {
      if (how === "items") streams.loop.emit({ text: "", hops: Infinity });
      const next = (): void => void (state.on && call("~note", { text: "", hops: 0 }).then(next, () => {}));
      if (how === "calls") next();
      state.log.length = 0;
    },
    /** Writes down when sleeps end. */
    async naps(times: number[], context) {
      await Promise.all(times.map(async (ms, i) => {
        await context.sleep(ms);
        await context.call("~note", { text: `nap ${i}`, hops: 2 });
      }));
      return context.time;
    },
    log: (_: void, { state }) => state.log,
  },
});
