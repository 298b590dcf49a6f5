import type { EngineConfig, Placement } from "pyros";

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

/**
 * Where nodes may move to. Those that end their thread or process by themselves stay out of the loop, which is the program; on Deno a
 * thread in an endless loop cannot be ended, and a process may write only what the config says, so there each stays in such a place.
 */
export const places: Readonly<Record<string, readonly Placement[]>> = "Deno" in globalThis
  ? {
    "/loop_worker": ["loop", "thread"],
    ...Object.fromEntries(hosted.thread.map((name) => [name, ["thread"]])),
    ...Object.fromEntries(hosted.process.map((name) => [name, ["process"]])),
  }
  : {
    "/loop_worker": ["loop", "thread", "process"],
    ...Object.fromEntries([...hosted.thread, ...hosted.process].map((name) => [name, ["thread", "process"]])),
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
