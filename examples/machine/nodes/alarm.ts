import { defineNode, from, param, stream } from "pyros";
import { percent } from "../words.ts";
import type { Averages } from "./averager.ts";

/** Something has gone above its limit, or is back below it. */
export interface Alarm {
  what: string;
  raised: boolean;
  /** The mean, from 0 to 1. */
  mean: number;
  limit: number;
}

const limit = (of: string, value: number) =>
  param(value, { min: 0, max: 1, description: `the mean use of the ${of} above which there is an alarm` });

export default defineNode({
  description: "Raises an alarm when something is in heavy use for long.",
  params: {
    cpu: limit("processors", 0.9),
    memory: limit("memory", 0.9),
    disk: limit("disk", 0.9),
    slack: param(0.05, { min: 0, max: 1, description: "how far below its limit something has to be for the alarm to end" }),
  },
  inputs: { averages: from<Averages>("averager/averages") },
  streams: { alarms: stream<Alarm>({ latched: true }) },
  state: () => ({ raised: {} as Record<string, Alarm> }),
  on: {
    averages(averages, { state, params, streams, log }) {
      for (const what of ["cpu", "memory", "disk"] as const) {
        const mean = averages[what]?.mean;
        if (mean === undefined) continue;
        const limit = params[what];
        const was = what in state.raised;
        const raised = was ? mean > limit - params.slack : mean > limit;
        const alarm = { what, raised, mean, limit };
        if (raised) state.raised[what] = alarm;
        else delete state.raised[what];
        if (raised === was) continue;
        streams.alarms.emit(alarm);
        if (raised) log.warn(`${what} is at ${percent(mean)}, above ${percent(limit)}`);
        else log.info(`${what} is back at ${percent(mean)}`);
      }
    },
  },
  services: {
    /** What is above its limit now. */
    raised: (_: undefined, { state }) => Object.values(state.raised),
  },
});
