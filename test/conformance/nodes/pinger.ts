import { client, defineNode, from } from "pyros";
import type ponger from "./ponger.ts";

/** Notes what comes from a node that it calls: items, answers, and the param as it is then. */
export default defineNode({
  inputs: { items: from<number>("ponger/items", { depth: 1000 }) },
  needs: { ponger: client<typeof ponger>("ponger") },
  state: () => ({ got: [] as string[] }),
  on: {
    items(n, { state }) {
      state.got.push(`item ${n}`);
    },
  },
  services: {
    async ping(count: number, { needs, state, get }) {
      state.got.length = 0;
      const note = (n: number) => state.got.push(`answer ${n}, param ${get("/pong")}`);
      for (let n = 0; n < count; n += 3) {
        note(await needs.ponger.quick(n));
        note(await needs.ponger.pong({ n: n + 1, later: false }));
        note(await needs.ponger.pong({ n: n + 2, later: true }));
      }
      return state.got;
    },
  },
});
