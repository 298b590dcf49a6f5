import type { EngineConfig, Placement } from "pyros";

/** Engines that somebody else has started: one on this machine, and one on another, where there can be one. */
export type Where = "near" | "far";

const workers = ["/loop_worker", "/thread_worker", "/process_worker", "/pair_one", "/pair_two", "/near_worker", "/far_worker"];
const use = (module: string, more: object = {}) => ({ use: `./nodes/${module}.ts`, ...more });
const caller = (more: object = {}) => use("caller", { params: { targets: workers }, ...more });

/** Who is called by everybody, whether it is there or not. */
export const targets: readonly string[] = workers;

/** Who calls, beside the program itself and its guests. */
export const callers: readonly string[] = ["/loop_caller", "/thread_caller", "/process_caller"];

/** Who calls in a guest. */
export const callerIn = (where: Where): string => `/${where}_caller`;

/** Who is called in a guest. */
export const workerIn = (where: Where): string => `/${where}_worker`;

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

const restart = { mode: "always", delay: 20, maxDelay: 500, limit: 1e9 } as const;
const name = "chaos";

/** An engine that joins by the graph's name, or from elsewhere as `way` says. */
export function guestConfig(where: Where, way: Pick<EngineConfig, "join" | "keys" | "serverKey"> = { join: name }): EngineConfig {
  return { ...way, name: where, restart, nodes: { [workerIn(where)]: use("worker"), [callerIn(where)]: caller() } };
}

/**
 * Nodes in the loop, in threads and in processes, which call each other all the time.
 *
 * @param far how engines join from elsewhere
 */
export function config(seed: number, paramsFile: string, far: Pick<EngineConfig, "listen" | "keys" | "allow"> = {}): EngineConfig {
  const permissions = [`--allow-write=${process.env.PYROS_CHAOS}`]; // for what they record
  return {
    ...far,
    name,
    seed,
    paramsFile,
    heartbeat: 1000,
    restart,
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
      "/loop_caller": caller(),
      "/thread_caller": caller({ placement: "thread" }),
      "/process_caller": caller(),
    },
  };
}
