import { defineNode, from, give, param, stream } from "pyros";

interface Pose {
  x: number;
  trail: number[];
}

const bad: Record<string, () => unknown> = {
  function: () => ({ a: [0, () => {}] }),
  instance: () => ({ a: [0, new (class Thing {})()] }),
  cycle: () => {
    const a: unknown[] = [0];
    a.push(a);
    return { a };
  },
  symbol: () => ({ a: [0, Symbol("s")] }),
  accessor: () => ({ a: [0, Object.defineProperty({}, "x", { get: () => 1, enumerable: true })] }),
  shared: () => ({ a: [0, new SharedArrayBuffer(8)] }),
  proto: () => ({ a: [0, JSON.parse('{"__proto__": 1}')] }),
  surrogate: () => ({ a: [0, "\ud800"] }),
  promise: () => ({ a: [0, Promise.resolve(1)] }),
};

/** Sends what it keeps, and what cannot be sent. */
export default defineNode({
  params: { any: param<any>({ a: [] }), list: param<number[]>([0]) },
  streams: {
    pose: stream<Pose>({ depth: 100 }),
    shared: stream<Pose>({ share: true, depth: 100 }),
    bytes: stream<Uint8Array>({ depth: 100 }),
    any: stream<any>(),
  },
  state: () => ({ pose: { x: 0, trail: [0] } as Pose, input: undefined as any }),
  services: {
    /** Emits the pose that it keeps, and moves on at once, `count` times. */
    run(count: number, { state, streams }) {
      for (let i = 0; i < count; i++) {
        streams.pose.emit(state.pose);
        state.pose.x++;
        state.pose.trail.push(state.pose.x);
      }
    },
    share(pose: Pose, { streams }) {
      streams.shared.emit(pose);
      try {
        pose.x = -1;
      } catch {
        return "frozen";
      }
      return "open";
    },
    /** Hands over its buffer; tells what is left of it. */
    give({ size, part }: { size: number; part?: boolean }, { streams }) {
      const bytes = new Uint8Array(size).fill(7);
      streams.bytes.emit(give(part === true ? bytes.subarray(1) : bytes) as never);
      return bytes.byteLength;
    },
    /** Keeps its input and answers with its state: neither is the caller's. */
    keep(input: any, { state }) {
      state.input = input;
      input.touched = true;
      return state;
    },
    kept(_: void, { state }) {
      return state.input;
    },
    /** Writes into its input after the answer. */
    answer(input: any) {
      void Promise.resolve().then(() => (input.late = true));
      return input;
    },
    async refuse(
      { what, how }: { what: string; how: "emit" | "call" | "result" | "param" | "share" },
      { streams, call, set },
    ): Promise<any> {
      const value = bad[what]!() as any;
      if (how === "result") return value;
      try {
        if (how === "emit") streams.any.emit(value);
        if (how === "share") streams.shared.emit(value);
        if (how === "call") await call("~kept", value);
        if (how === "param") await set("any", value);
      } catch (error) {
        const { name, path, message } = error as { name: string; path: string; message: string };
        return { name, path, message };
      }
      return "not refused";
    },
  },
  inputs: { own: from<Pose>("~pose") },
});
