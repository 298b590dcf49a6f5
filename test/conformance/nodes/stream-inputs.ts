import { defineNode, from } from "pyros";

/** Reads declared inputs: by `latest`, by a handler, by `for await`. */
export default defineNode({
  inputs: {
    plain: from<any>("/source/items"),
    fresh: from<any>("/source/items", { maxAge: 100 }),
    handled: from<any>("/source/items"),
    informed: from<any>("/source/items"),
    iterated: from<any>("/source/items"),
  },
  state: () => ({ got: [] as any[], infos: [] as any[], iterated: [] as any[], ended: 0, settled: [] as any[] }),
  on: {
    handled(item, { state }) {
      state.got.push(item);
    },
    informed(item, { state }, info) {
      state.infos.push([item, info]);
    },
  },
  services: {
    state: (_: void, { state }) => state,
    latest(input: "plain" | "fresh", { inputs }) {
      const { latest } = inputs[input];
      return { latest, age: inputs[input].age, info: inputs[input].info };
    },
    counts: (input: "plain" | "fresh" | "handled" | "informed" | "iterated", { inputs }) => inputs[input].counts,
    /** Takes so many items of an input, and leaves the loop. */
    async take(count: number, { inputs, state }) {
      for await (const item of inputs.iterated) {
        state.iterated.push(item);
        if (--count === 0) break;
      }
      state.ended++;
    },
    /** Gives an iterator back while it waits for an item. */
    async giveBack(_: void, { inputs, state }) {
      const iterator = inputs.iterated[Symbol.asyncIterator]();
      const pending = iterator.next().then((result) => state.settled.push(result));
      await iterator.return?.();
      await pending;
      state.settled.push(await iterator.next());
    },
  },
});
