import type { EngineConfig } from "pyros";

const workers = ["/loop_worker", "/thread_worker", "/process_worker", "/pair_one", "/pair_two"];
const use = (module: string, more: object = {}) => ({ use: `./nodes/${module}.ts`, ...more });
const caller = (more: object) => use("caller", { params: { targets: workers }, ...more });

/** Who is called by everybody. */
export const targets: readonly string[] = workers;

/** Who calls, beside the program itself. */
export const callers: readonly string[] = ["/loop_caller", "/thread_caller", "/process_caller"];

/** What runs in a thread or process of its own, or shares one. */
export const hosted: Readonly<Record<"thread" | "process", readonly string[]>> = {
  thread: ["/thread_worker", "/thread_caller"],
  process: ["/process_worker", "/pair_one", "/process_caller"],
};

/** Nodes in the loop, in threads and in processes, which call each other all the time. */
export function config(seed: number, paramsFile: string): EngineConfig {
  const permissions = [`--allow-write=${process.env.PYROS_CHAOS}`]; // for what they record
  return {
    seed,
    paramsFile,
    heartbeat: 300,
    restart: { mode: "always", delay: 20, maxDelay: 500, limit: 1e9 },
    hosts: {
      pair: { placement: "process", nodes: ["/pair_one", "/pair_two"], permissions },
      worker: { placement: "process", nodes: ["/process_worker"], permissions },
      caller: { placement: "process", nodes: ["/process_caller"], permissions },
    },
    nodes: {
      "/loop_worker": use("worker"),
      "/thread_worker": use("worker", { placement: "thread" }),
      "/process_worker": use("worker"),
      "/pair_one": use("worker"),
      "/pair_two": use("worker"),
      "/loop_caller": caller({}),
      "/thread_caller": caller({ placement: "thread" }),
      "/process_caller": caller({}),
    },
  };
}
