import { threadId } from "node:worker_threads";
import { defineNode, param, type SetupContext } from "pyros";

const here = `${process.pid}/${threadId}`;
const { PYROS_TEST_HOME: home, PYROS_TEST_AWAY: away } = process.env;
if (home !== undefined && home !== here) {
  if (away === "exit") process.exit(4);
  throw new Error("it cannot be loaded here");
}

/** Is moved, and can be made to stay in the middle of that; it logs when it does, and where. */
export default defineNode({
  params: { slow: param("", { oneOf: ["", "setup", "dispose"] }), first: param(here) },
  state: () => ({ n: 0 }),
  async setup({ params, sleep, log }: SetupContext) {
    if (params["slow"] !== "setup" || params["first"] === here) return;
    log.warn("in setup", { pid: process.pid });
    await sleep(60_000);
  },
  async dispose({ params, log }) {
    if (params.slow !== "dispose") return;
    log.warn("in dispose", { pid: process.pid });
    await new Promise((resolve) => setTimeout(resolve, 60_000).unref());
  },
  services: {
    where: () => here,
    add: (by: number, { state }) => (state.n += by),
    async long(ms: number, { sleep, log }) {
      log.warn("in work", { pid: process.pid });
      await sleep(ms);
    },
    die() {
      setTimeout(() => process.exit(3), 1);
    },
    async fail(_: void, { state }) {
      state.n = Number.NaN;
      setTimeout(() => void Promise.reject(new Error("it fails")), 1);
    },
  },
});
