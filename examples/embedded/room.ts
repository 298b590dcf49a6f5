import { defineNode, param, stream } from "pyros";
import * as v from "valibot";

/** A room with a heater, simulated: it takes the place of whatever your server is about. */
export default defineNode({
  description: "Keeps a room warm.",
  rate: 10,
  params: { target: param(20, { min: 5, max: 30, description: "°C" }) },
  streams: { temperature: stream<number>({ latched: true, maxRate: 5 }) },
  state: () => ({ temperature: 15, openUntil: 0 }),
  input: { open: v.object({ seconds: v.pipe(v.number(), v.minValue(1), v.maxValue(600)) }) },
  services: {
    /** Opens the window for a while. */
    open({ seconds }, { state, time }) {
      state.openUntil = time + seconds * 1000;
      return { until: new Date(state.openUntil).toISOString() };
    },
    /** Resolves when the room is about as warm as it is to be. */
    async warm(_: undefined, { state, params, sleep, signal }) {
      while (!signal.aborted && Math.abs(state.temperature - params.target) > 0.5) await sleep(100);
      return state.temperature;
    },
  },
  update({ state, params, streams, time }, dt) {
    const open = time < state.openUntil;
    const towards = open ? 5 : params.target;
    state.temperature += (towards - state.temperature) * Math.min(1, dt);
    streams.temperature.emit(state.temperature);
  },
});
