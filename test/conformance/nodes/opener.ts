import { defineNode } from "pyros";

/** Provides and withdraws services while it runs. */
export default defineNode({
  state: () => ({ answered: 0, aborted: 0 }),
  services: {
    open(name: string, { provide, state }) {
      provide(name, async (input: { ms?: number; stuck?: boolean } | undefined, { sleep, signal }) => {
        signal.addEventListener("abort", () => state.aborted++);
        if (input?.stuck === true) await new Promise(() => {});
        if (input?.ms !== undefined) await sleep(input.ms);
        return ++state.answered;
      });
    },
    shut(name: string, { withdraw }) {
      withdraw(name);
    },
    state(_: void, { state }) {
      return state;
    },
  },
});
