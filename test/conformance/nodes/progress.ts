import { defineNode } from "pyros";

/** Services that yield progress. */
export default defineNode({
  state: () => ({ yielded: 0, returned: 0, ended: [] as string[] }),
  services: {
    /** Yields `count` numbers, `ms` apart, and returns their number. */
    async *count({ count, ms = 0 }: { count: number; ms?: number }, { state, sleep }) {
      try {
        for (let i = 0; i < count; i++) {
          if (ms > 0) await sleep(ms);
          state.yielded++;
          yield i;
        }
        return count;
      } finally {
        state.returned++;
      }
    },
    *plain(count: number) {
      for (let i = 0; i < count; i++) yield i;
      return "plain";
    },
    async *endless(_: void, { state }) {
      try {
        for (;;) yield state.yielded++;
      } finally {
        state.returned++;
      }
    },
    async *fails(after: number) {
      for (let i = 0; i < after; i++) yield i;
      throw new RangeError("no more");
    },
    async *bad(_: void, { state }) {
      try {
        yield { fine: true };
        yield { fn: () => {} };
      } finally {
        state.returned++;
      }
    },
    async *objects(_: void, { state }) {
      const pose = { x: 0 };
      for (; pose.x < 3; pose.x++) yield pose;
      state.yielded = pose.x;
      return pose;
    },
    state(_: void, { state }) {
      return state;
    },
  },
});
