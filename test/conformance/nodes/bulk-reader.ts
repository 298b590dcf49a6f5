import { defineNode, from } from "pyros";

/** Notes the items of `/source`, and the calls that come between them. */
export default defineNode({
  inputs: { item: from<{ n: number; bytes: Uint8Array }>("/source/item", { depth: 1000 }) },
  state: () => ({ seen: [] as (number | string)[], spoilt: 0 }),
  on: {
    item({ n, bytes }, { state }) {
      state.seen.push(n);
      if (!bytes.every((byte) => byte === n + 1)) state.spoilt++;
    },
  },
  services: {
    note(what: string, { state }) {
      state.seen.push(what);
    },
    seen: (_: void, { state }) => state,
  },
});
