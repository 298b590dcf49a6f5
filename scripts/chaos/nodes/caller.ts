import { defineNode, type SetupContext } from "pyros";
import { Load } from "../load.ts";

/** Calls, writes params and subscribes, as the program itself does. */
export default defineNode({
  params: { targets: [] as string[] },
  setup({ name, params, call, set, stream, get, random, sleep, signal }: SetupContext) {
    const load = new Load(`${name}-${process.pid}-${Math.floor(random() * 1e9)}-${Date.now()}`, {
      call: (service, input, options) => call(service, input, options),
      write: (param, value) => set(param, value),
      read: (param) => get(param),
      subscribe: (of, options) => stream(of, options),
      random,
      sleep,
    });
    load.start(params["targets"] as string[], signal);
    return { load };
  },
  services: {
    pid: () => process.pid,
    /** Begins no more, and tells how many calls have not settled. */
    quiet(_: void, { local }) {
      local.load.quiet = true;
      return local.load.calls - local.load.settled;
    },
    account: (_: void, { local }) => local.load.account(),
    die(how: "exit" | "throw" | "loop") {
      setTimeout(() => {
        if (how === "exit") process.exit(3);
        if (how === "throw") throw new Error("chaos");
        if (how === "loop") { for (;;); }
      }, 1);
    },
  },
});
