import { defineNode, from } from "pyros";

interface Got {
  n: number;
  /** The param `/last` when it came. */
  last: number | undefined;
}

/** Notes calls and items in the order in which they come. */
export default defineNode({
  inputs: { items: from<number>("sender/items", { depth: 10_000 }), others: from<number>("sender/others", { depth: 10_000 }) },
  state: () => ({ got: [] as Got[], inside: false, nested: 0 }),
  on: {
    items(n, { state, get }) {
      state.got.push({ n, last: get("/last") });
    },
    others(n, { state, get }) {
      state.got.push({ n, last: get("/last") });
    },
  },
  services: {
    note(n: number, { state, get }) {
      state.got.push({ n, last: get("/last") });
    },
    got(_: void, { state }) {
      return state.got;
    },
  },
});
