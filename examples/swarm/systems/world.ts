import { addComponent, addEntity, removeEntity } from "bitecs";
import { defineSystem, from, param, stream } from "pyros";
import { Position, reserve, Velocity } from "../components.ts";
import { type Bodies, type Flock, type Spot, type Steer, world as extent } from "../types.ts";
import { Crowd } from "./crowd.ts";
import { flow, type Way } from "./flow.ts";

const cruise = 22; // m/s, at speed 1
const margin = 6; // m from the edge, where bodies turn round
const fear = 16; // m, within which bodies flee

const crowd = new Crowd();
const way: Way = { x: 0, y: 0 };
const nowhere: Spot = { x: -1000, y: -1000 };

/** Moves all bodies: each minds the crowd around it, goes where the guide steers, and flees from the predator. */
export default defineSystem({
  name: "world",
  description: "moves the bodies",
  stage: "simulate",
  query: [Position, Velocity],
  writes: [Position, Velocity],
  params: {
    count: param(10_000, { min: 1, max: 200_000, integer: true, description: "bodies, made at the start" }),
    speed: param(1, { min: 0, max: 4, description: "times the usual speed" }),
    paused: param(false, { description: "whether the bodies stand still" }),
  },
  streams: {
    bodies: stream<Bodies>({ share: true, maxRate: 30, depth: 1 }),
    flock: stream<Flock>({ maxRate: 20, depth: 1 }),
  },
  inputs: {
    steer: from<Steer>("/guide/steer"),
    predator: from<Spot>("/predator/spot"),
  },
  state: () => ({ noise: 1 }),

  setup({ world, params, random }) {
    const ids = Array.from({ length: params.count }, () => addEntity(world));
    reserve(ids.reduce((most, id) => Math.max(most, id), 0) + 1);
    for (const id of ids) {
      addComponent(world, id, Position);
      addComponent(world, id, Velocity);
      Position.x[id] = extent.width * random();
      Position.y[id] = extent.height * random();
      Velocity.x[id] = cruise * (random() - 0.5);
      Velocity.y[id] = cruise * (random() - 0.5);
    }
  },

  run({ entities, params, inputs, streams, state }, dt) {
    const { speed, paused } = params;
    crowd.measure(entities);
    if (!paused && speed > 0) {
      const steer = inputs.steer.latest ?? { x: extent.width / 2, y: extent.height / 2, formation: "flock", gain: 1 };
      state.noise = move(entities, steer, inputs.predator.latest ?? nowhere, state.noise, dt * speed);
    }
    const bodies = picture(entities);
    streams.bodies.emit(bodies);
    streams.flock.emit(summary(bodies));
  },

  dispose({ world, entities }) {
    for (const id of [...entities]) removeEntity(world, id);
  },
});

/** One step of all bodies; `noise` is the last number of the sequence that makes them restless, and so is what it returns. */
function move(entities: ArrayLike<number>, steer: Steer, predator: Spot, noise: number, dt: number): number {
  const { count, vx: crowdX, vy: crowdY } = crowd;
  const { formation, gain } = steer;
  const px = Position.x;
  const py = Position.y;
  const wx = Velocity.x;
  const wy = Velocity.y;
  for (let i = 0; i < entities.length; i++) {
    const id = entities[i]!;
    const x = px[id]!;
    const y = py[id]!;
    let vx = wx[id]!;
    let vy = wy[id]!;
    noise = (Math.imul(noise, 1664525) + 1013904223) | 0;
    const restlessX = noise / 2 ** 31;
    noise = (Math.imul(noise, 1664525) + 1013904223) | 0;
    const restlessY = noise / 2 ** 31;
    // Each looks at the crowd at a place a little beside it, so that the borders between the cells do not show.
    const c = Crowd.at(x + (restlessX * Crowd.cell) / 2, y + (restlessY * Crowd.cell) / 2);
    // Away from the crowd, and with it.
    let ax = (count[c - 1]! - count[c + 1]!) * 0.9;
    let ay = (count[c - Crowd.below]! - count[c + Crowd.below]!) * 0.9;
    const dx = x - steer.x;
    const dy = y - steer.y;
    if (formation === "flock") {
      const far = Math.sqrt(dx * dx + dy * dy) + 1;
      const pull = gain * (8 + far * 0.35);
      ax += (crowdX[c]! - vx) * 2.2 - (dx / far) * pull - (dy / far) * gain * 9;
      ay += (crowdY[c]! - vy) * 2.2 - (dy / far) * pull + (dx / far) * gain * 9;
    } else {
      flow(formation, dx, dy, way);
      ax += (way.x * cruise - vx) * 3 * gain;
      ay += (way.y * cruise - vy) * 3 * gain;
    }
    const fx = x - predator.x;
    const fy = y - predator.y;
    const near2 = fx * fx + fy * fy;
    if (near2 < fear * fear) {
      const near = Math.sqrt(near2) + 0.1;
      const push = (190 * (1 - near / fear)) / near;
      ax += fx * push;
      ay += fy * push;
    }
    if (x < margin) ax += (margin - x) * 30;
    else if (x > extent.width - margin) ax -= (x - extent.width + margin) * 30;
    if (y < margin) ay += (margin - y) * 30;
    else if (y > extent.height - margin) ay -= (y - extent.height + margin) * 30;
    ax += restlessX * 20;
    ay += restlessY * 20;
    vx += ax * dt;
    vy += ay * dt;
    const fast = Math.sqrt(vx * vx + vy * vy);
    const most = cruise * 1.6;
    if (fast > most) {
      vx *= most / fast;
      vy *= most / fast;
    }
    wx[id] = vx;
    wy[id] = vy;
    px[id] = Math.max(0, Math.min(extent.width - 1e-3, x + vx * dt));
    py[id] = Math.max(0, Math.min(extent.height - 1e-3, y + vy * dt));
  }
  return noise;
}

function picture(entities: ArrayLike<number>): Bodies {
  const n = entities.length;
  const x = new Float32Array(n);
  const y = new Float32Array(n);
  const vx = new Float32Array(n);
  const vy = new Float32Array(n);
  for (let i = 0; i < n; i++) {
    const id = entities[i]!;
    x[i] = Position.x[id]!;
    y[i] = Position.y[id]!;
    vx[i] = Velocity.x[id]!;
    vy[i] = Velocity.y[id]!;
  }
  return { x, y, vx, vy };
}

function summary({ x, y, vx, vy }: Bodies): Flock {
  const count = x.length;
  let sx = 0;
  let sy = 0;
  let squares = 0;
  let speed = 0;
  for (let i = 0; i < count; i++) {
    sx += x[i]!;
    sy += y[i]!;
    squares += x[i]! * x[i]! + y[i]! * y[i]!;
    speed += Math.sqrt(vx[i]! * vx[i]! + vy[i]! * vy[i]!);
  }
  const centre = { x: sx / count, y: sy / count };
  const spread = Math.sqrt(Math.max(0, squares / count - centre.x * centre.x - centre.y * centre.y));
  return { count, centre, spread, speed: speed / count, densest: crowd.densest() };
}
