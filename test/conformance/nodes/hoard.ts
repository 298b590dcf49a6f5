import { defineNode, from, type NodeContext, stream } from "pyros";
import { isDeepStrictEqual } from "node:util";

/** A value of all kinds that is the same for the same number, and lies around the sizes at which links treat bytes differently. */
function valueOf(n: number) {
  const size = [0, 40, 1000, 5000, 17_000, 66_000, 140_000, 300_000][(n * 7) % 8]! + (n % 13);
  return {
    n,
    text: `${n} ä`.repeat(size >> 8),
    bytes: new Uint8Array(size).fill(n),
    floats: new Float64Array(size >> 5).fill(n / 3),
    list: Array.from({ length: n % 7 }, (_, k) => ({ k, at: new Date(n * 1000 + k) })),
    map: new Map([[`key ${n}`, BigInt(n) ** 7n]]),
  };
}

type Value = ReturnType<typeof valueOf>;

const wrong = (kept: readonly Value[]): number[] => kept.flatMap((value, i) => isDeepStrictEqual(value, valueOf(i)) ? [] : [i]);

/** Keeps all that it is sent, on a stream and as inputs of calls, and all answers that it gets; it tells which of them are not what they were. */
export default defineNode({
  inputs: { values: from<Value>("/source/values", { depth: 1000 }) },
  streams: { values: stream<Value>({ depth: 1000 }) },
  state: () => ({ items: [] as Value[], inputs: [] as Value[], answers: [] as Value[] }),
  on: { values: (value, { state }) => void state.items.push(value) },
  services: {
    hold(value: Value, { state }) {
      state.inputs.push(value);
      return value;
    },
    /** Emits values from that number on, and calls `other` with them too. */
    async send({ other, begin, end }: { other: string; begin: number; end: number }, { state, streams, call }: NodeContext<any>) {
      for (let n = begin; n < end; n++) streams.values.emit(valueOf(n));
      await Promise.all(
        Array.from({ length: end - begin }, async (_, i) => (state.answers[begin + i] = await call(`${other}/hold`, valueOf(begin + i)))),
      );
    },
    count: (_: void, { state }) => state.items.length,
    wrong: (_: void, { state }) => ({
      items: wrong(state.items),
      inputs: wrong(state.inputs),
      answers: wrong(state.answers),
      held: [state.items.length, state.inputs.length, state.answers.length],
    }),
  },
});
