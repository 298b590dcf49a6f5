import { defineNode, type SetupContext } from "pyros";

/** Sleeps while it starts. */
export default defineNode({
  params: { fail: false },
  async setup({ sleep, params }: SetupContext) {
    await sleep(250);
    if (params.fail === true) throw new Error("it did not want to");
  },
});
