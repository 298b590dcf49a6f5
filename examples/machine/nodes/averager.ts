import { defineNode, from, param, stream } from "pyros";
import type { Load } from "./gauge.ts";

/** What was measured within the window; shares from 0 to 1. */
export interface Average {
  now: number;
  mean: number;
  max: number;
  detail: string;
}

/** Averages by what was measured. */
export type Averages = Record<string, Average>;

export default defineNode({
  description: "Averages what the gauges measure.",
  params: { window: param(60, { min: 1, description: "how far back it looks, in seconds" }) },
  inputs: { load: from<Load>("load") },
  streams: { averages: stream<Averages>({ latched: true }) },
  state: () => ({ samples: {} as Record<string, { time: number; used: number }[]>, averages: {} as Averages }),
  on: {
    load({ what, used, detail }, { state, params, streams }, { stamp }) {
      const since = stamp - params.window * 1000;
      const samples = [...(state.samples[what] ?? []), { time: stamp, used }].filter(({ time }) => time > since);
      state.samples[what] = samples;
      const values = samples.map((sample) => sample.used);
      const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
      state.averages[what] = { now: used, mean, max: Math.max(...values), detail };
      streams.averages.emit(state.averages);
    },
  },
  services: {
    averages: (_: undefined, { state }) => state.averages,
  },
});
