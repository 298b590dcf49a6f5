import os from "node:os";
import { defineNode, param, stream } from "pyros";
import { readCpu, readDisk, readMemory, type Share } from "../read.ts";
import { size } from "../words.ts";

/** How much of something is in use. */
export interface Load {
  what: string;
  /** From 0 to 1. */
  used: number;
  detail: string;
}

export default defineNode({
  description: "Measures how much of the processors, of the memory or of a disk is in use.",
  rate: 1,
  params: {
    of: param<string>("cpu", { oneOf: ["cpu", "memory", "disk"], description: "what to measure" }),
    path: param("/", { description: "the disk is the one on which this path lies" }),
    proc: param("/proc", { description: "where the kernel tells of itself" }),
  },
  // An absolute name: all gauges publish one stream.
  streams: { "/load": stream<Load>() },
  state: () => ({ before: null as Share | null }),
  async update({ params, state, streams, external }) {
    const load = streams["/load"];
    const { of: what, path, proc } = params;
    if (what === "memory" || what === "disk") {
      const { used, total } = await external(() => (what === "memory" ? readMemory(proc) : readDisk(path)));
      load.emit({ what, used: used / total, detail: `${size(used)} of ${size(total)}${what === "disk" ? ` on ${path}` : ""}` });
      return;
    }
    const now = await external(() => readCpu(proc));
    const { before } = state;
    state.before = now;
    if (before === null || now.total === before.total) return; // a share of nothing
    load.emit({ what, used: (now.used - before.used) / (now.total - before.total), detail: `${os.cpus().length} processors` });
  },
});
