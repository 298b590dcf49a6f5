import { defineNode, from, param, stream } from "pyros";
import type { Alarm, Report } from "../types.ts";

/** Watches how the engine does, and says what is wrong. */
export default defineNode({
  description: "watches frames and losses",
  params: {
    lowest: param(0.9, { min: 0, max: 1, description: "share of the wanted frame rate below which it is an alarm" }),
    losses: param(0, { min: 0, integer: true, description: "items that may be lost between two reports" }),
  },
  streams: { alarm: stream<Alarm>({ latched: true, depth: 1 }) },
  inputs: { report: from<Report>("/meter/report") },
  state: () => ({ text: "", lost: 0, reports: 0, alarms: 0, slowest: Infinity, longest: 0 }),
  services: {
    /** What was seen so far. */
    summary: (_: undefined, { state: { reports, alarms, slowest, longest, lost } }) => ({ reports, alarms, slowest, longest, lost }),
  },
  on: {
    report(report, { state, params, streams, log }) {
      const lost = report.streams.reduce((sum, stream) => sum + stream.lost, 0);
      const news = lost - state.lost;
      const low = report.rate < params.lowest * report.wanted;
      // The first report tells of the start, which is slow.
      const text = state.reports === 0
        ? ""
        : low
        ? `${report.rate.toFixed(1)} frames a second instead of ${report.wanted}`
        : news > params.losses
        ? `${news} items lost`
        : "";
      state.reports++;
      state.lost = lost;
      state.slowest = Math.min(state.slowest, report.rate);
      state.longest = Math.max(state.longest, report.longest);
      if (text === state.text) return;
      state.text = text;
      if (text !== "") {
        state.alarms++;
        log.debug("alarm: {text}", { text });
      }
      streams.alarm.emit({ text });
    },
  },
});
