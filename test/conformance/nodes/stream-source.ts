import { defineNode, give, stream } from "pyros";

type Name = "items" | "hinted" | "latched" | "thin" | "shared" | "thinLatched" | "/common" | "/commonLatched";

/** Publishes on request, in every way a stream can be declared. */
export default defineNode({
  streams: {
    items: stream<any>(),
    hinted: stream<any>({ depth: 3 }),
    latched: stream<any>({ latched: true }),
    thin: stream<any>({ maxRate: 10 }),
    shared: stream<any>({ share: true }),
    thinLatched: stream<any>({ maxRate: 10, latched: true }),
    "/common": stream<any>(),
    "/commonLatched": stream<any>({ latched: true }),
  },
  state: () => ({ pose: { x: 0, tags: ["a"] }, refused: [] as { name: string; message: string; path: string }[] }),
  services: {
    emit({ on = "items", values }: { on?: Name; values: readonly any[] }, { streams }) {
      for (const value of values) streams[on].emit(value);
    },
    /** Numbers, all in one turn. */
    burst({ on = "items", from = 0, count }: { on?: Name; from?: number; count: number }, { streams }) {
      for (let i = 0; i < count; i++) streams[on].emit(from + i);
    },
    /** Byte arrays, all in one turn. */
    bytes({ size, count }: { size: number; count: number }, { streams }) {
      for (let i = 0; i < count; i++) streams.items.emit(new Uint8Array(size).fill(i));
    },
    /** Emits its state, and then writes into it. */
    emitAndMove(on: Name, { state, streams }) {
      streams[on].emit(state.pose);
      state.pose.x = 99;
      state.pose.tags.push("late");
    },
    /** Hands a buffer over; tells what is left of it here. */
    give({ kind, on = "items" }: { kind: "whole" | "partial" | "pooled" | "twice"; on?: Name }, { streams }) {
      const whole = new Uint8Array([1, 2, 3, 4]);
      const value = { whole, partial: whole.subarray(1), pooled: Buffer.from("pooled"), twice: [whole, whole] }[kind];
      try {
        streams[on].emit(give({ pixels: value }) as any);
      } catch (error) {
        return { error: (error as Error).name, message: (error as Error).message, left: whole.byteLength };
      }
      return { left: whole.byteLength, buffer: whole.buffer.byteLength };
    },
    /** Emits an object that it keeps, and says whether it may still write into it. */
    shareAndWrite(_: void, { streams }) {
      const value = { list: [1], deep: { x: 1 } };
      streams.shared.emit(value);
      try {
        value.deep.x = 2;
      } catch (error) {
        return (error as Error).name;
      }
      return "written";
    },
    /** Emits what cannot leave the loop. */
    emitBad(kind: "function" | "instance" | "cycle" | "symbol", { streams, state }) {
      const cycle: any = {};
      cycle.self = cycle;
      const bad = { function: () => {}, instance: new (class Body {})(), cycle, symbol: Symbol("s") }[kind];
      try {
        streams.items.emit({ at: [bad] });
      } catch (error: any) {
        state.refused.push({ name: error.name, message: error.message, path: error.path });
      }
      return state.refused.at(-1);
    },
    /** Emits, and tells whether `emit` threw or waited. */
    emitTimed({ count }: { count: number }, { streams }) {
      const start = performance.now();
      for (let i = 0; i < count; i++) streams.items.emit(i);
      return performance.now() - start;
    },
    name: (_: void, { name }) => name,
  },
});
