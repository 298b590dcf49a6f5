import { defineNode, from, param, stream } from "pyros";
import { type Flock, type Spot, world } from "../types.ts";

/** Hunts where the swarm is thickest. It turns slowly, so that it overshoots. */
export default defineNode({
  description: "hunts the bodies",
  rate: 30,
  params: {
    speed: param(26, { min: 0, max: 100, unit: "m/s" }),
    agility: param(1.1, { min: 0, max: 10, description: "how fast it turns" }),
  },
  streams: { spot: stream<Spot>({ depth: 1 }) },
  inputs: { flock: from<Flock>("/world/flock", { maxAge: 2000 }) },
  state: () => ({ x: world.width * 0.9, y: world.height * 0.1, vx: 0, vy: 0 }),
  update({ state, params, inputs, streams }, dt) {
    const prey = inputs.flock.latest?.densest;
    if (prey !== undefined) {
      const dx = prey.x - state.x;
      const dy = prey.y - state.y;
      const far = Math.sqrt(dx * dx + dy * dy) + 1e-6;
      const turn = Math.min(1, params.agility * dt);
      state.vx += ((dx / far) * params.speed - state.vx) * turn;
      state.vy += ((dy / far) * params.speed - state.vy) * turn;
      state.x += state.vx * dt;
      state.y += state.vy * dt;
    }
    streams.spot.emit({ x: state.x, y: state.y });
  },
});
