import { defineNode } from "pyros";

/** Counts up to a goal, as an action of ROS does; a negative one fails, and one above 1,000 never ends. */
export default defineNode({
  state: () => ({ open: 0, stopped: 0 }),
  services: {
    async *count({ goal }: { goal: number }, { state, sleep, signal }): AsyncGenerator<{ feedback: number }, { result: number }> {
      if (goal < 0) throw new RangeError("it cannot count down");
      state.open++;
      try {
        for (let i = 1; i <= goal && !signal.aborted; i++) {
          yield { feedback: i };
          await sleep(10);
        }
        return { result: goal };
      } finally {
        state.open--;
        if (signal.aborted) state.stopped++;
      }
    },
    seen: (_input: object, { state }) => ({ ...state }),
  },
  serviceOptions: { count: { type: "actionlib/TestAction" } },
});
