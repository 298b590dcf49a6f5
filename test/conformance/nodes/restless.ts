import { defineNode } from "pyros";

/** Sleeps again and again, from its start on. */
export default defineNode({
  state: () => ({ turns: 0 }),
  setup({ sleep, state }) {
    void (async () => {
      for (;; state.turns++) await sleep(10);
    })().catch(() => {}); // it was stopped
  },
  services: { turns: (_: undefined, { state }) => state.turns },
});
