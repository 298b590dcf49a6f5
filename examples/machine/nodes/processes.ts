import { defineNode, param, stream } from "pyros";
import { readProcesses } from "../read.ts";

/** A process and what it takes. */
export interface Usage {
  pid: number;
  name: string;
  /** Processors in use: 1 is one of them, all the time. */
  cpu: number;
  /** In bytes. */
  memory: number;
}

const tick = 10; // ms

export default defineNode({
  description: "Knows which processes take the most.",
  rate: 1,
  params: { proc: param("/proc", { description: "where the kernel tells of itself" }) },
  streams: { count: stream<number>({ latched: true }) },
  state: () => ({ time: 0, ticks: new Map<number, number>(), list: [] as Usage[] }),
  async update({ params, state, streams, time, external }) {
    const found = await external(() => readProcesses(params.proc));
    const passed = time - state.time;
    const before = state.ticks;
    state.list = found.map(({ pid, name, ticks, bytes }) => ({
      pid,
      name,
      cpu: ((ticks - (before.get(pid) ?? ticks)) * tick) / passed,
      memory: bytes,
    }));
    state.ticks = new Map(found.map(({ pid, ticks }) => [pid, ticks]));
    state.time = time;
    streams.count.emit(found.length);
  },
  services: {
    /** The processes that take the most, by `cpu` or `memory`. */
    top({ count = 3, by = "cpu" }: { count?: number; by?: "cpu" | "memory" } = {}, { state }) {
      if (by !== "cpu" && by !== "memory") throw new RangeError(`by is ${String(by)}; it must be cpu or memory`);
      return state.list.toSorted((a, b) => b[by] - a[by]).slice(0, count);
    },
  },
});
