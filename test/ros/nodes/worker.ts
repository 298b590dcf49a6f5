import { defineNode } from "pyros";

interface Done {
  success: boolean;
  message: string;
}

/** Answers services of ROS, well and badly. */
export default defineNode({
  state: () => ({ working: 0, most: 0, aborted: 0 }),
  services: {
    flip: ({ data }: { data: boolean }): Done => ({ success: !data, message: `was ${String(data)}` }),
    async slow(_input: object, { state, sleep }): Promise<Done> {
      state.most = Math.max(state.most, ++state.working);
      await sleep(100);
      state.working--;
      return { success: true, message: "slowly" };
    },
    throws(_input: object): Done {
      throw new RangeError("the arm is stuck");
    },
    async rejects(_input: object): Promise<Done> {
      throw new RangeError("the arm is süß");
    },
    never(_input: object, { state, signal }): Promise<Done> {
      signal.addEventListener("abort", () => state.aborted++);
      return new Promise(() => {});
    },
    wrong: (_input: object): Done => ({ success: 5, message: "" }) as never,
    seen: (_input: object, { state }) => ({ ...state }),
  },
  serviceOptions: {
    flip: { type: "std_srvs/SetBool" },
    slow: { type: "std_srvs/Trigger" },
    throws: { type: "std_srvs/Trigger" },
    rejects: { type: "std_srvs/Trigger" },
    never: { type: "std_srvs/Trigger" },
    wrong: { type: "std_srvs/Trigger" },
  },
});
