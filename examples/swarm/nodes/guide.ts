import { client, defineNode, from, param, stream } from "pyros";
import { type Flock, type Formation, formations, type Path, type Spot, type Steer, world } from "../types.ts";
import type planner from "./planner.ts";

const every = 200; // ms between two questions to the planner
const patience = 1000; // ms until an answer is given up
const want = 7; // stops of a way
const arrived = 9; // m
const longest = 80; // m that the swarm may lag behind

/** Leads the swarm: along a way that it has planned, again and again, or to a goal that it is told. */
const guide = defineNode({
  description: "leads the swarm",
  rate: 20,
  params: {
    gain: param(1, { min: 0, max: 3, description: "how firmly the swarm is led" }),
    pace: param(16, { min: 0, max: 100, unit: "m/s", description: "how fast the place to be moves on" }),
    formation: param("flock", { oneOf: formations }),
    mode: param("tour", { oneOf: ["tour", "goal"], description: "whether it follows the planned way, or goes to the goal" }),
    goalX: param(world.width / 2, { min: 0, max: world.width, unit: "m" }),
    goalY: param(world.height / 2, { min: 0, max: world.height, unit: "m" }),
  },
  streams: {
    steer: stream<Steer>({ depth: 1 }),
    path: stream<Path>({ depth: 1, latched: true }),
  },
  inputs: {
    flock: from<Flock>("/world/flock", { maxAge: 2000 }),
    predator: from<Spot>("/predator/spot", { maxAge: 2000 }),
  },
  needs: { planner: client<typeof planner>("planner") },
  state: () => ({
    at: { x: world.width / 2, y: world.height / 2 },
    stops: [] as Spot[],
    asked: 0,
    waiting: false,
    answers: 0,
    failures: 0,
    took: 0,
  }),

  // The next nudge begins where the last one has led.
  serviceOptions: { nudge: { concurrency: 1 } },
  services: {
    /** Forgets the way; the planner is asked for a new one. */
    replan(_: undefined, { state, set }) {
      state.stops = [];
      return set("mode", "tour");
    },
    /** Leads the swarm to a place. */
    go({ x, y }: Spot, { set }) {
      return set({ mode: "goal", goalX: clamp(x, world.width), goalY: clamp(y, world.height) });
    },
    /** Moves the goal; a swarm on tour begins with the place where it is led at the moment. */
    nudge({ x, y }: Spot, { params, state, set }) {
      const start = params.mode === "goal" ? { x: params.goalX, y: params.goalY } : state.at;
      return set({ mode: "goal", goalX: clamp(start.x + x, world.width), goalY: clamp(start.y + y, world.height) });
    },
  },

  update(context, dt) {
    const { state, params, streams } = context;
    const { at } = state;
    const goal = params.mode === "goal" ? { x: params.goalX, y: params.goalY } : (state.stops[0] ?? at);
    const far = distance(at, goal);
    // It does not run away from a swarm that lags behind.
    const swarm = context.inputs.flock.latest;
    const lag = swarm === undefined ? 0 : distance(at, swarm.centre);
    const pace = params.pace * Math.max(0, 1 - lag / longest);
    const step = Math.min(1, (pace * dt) / Math.max(far, 1e-6));
    at.x += (goal.x - at.x) * step;
    at.y += (goal.y - at.y) * step;
    if (params.mode === "tour" && far < arrived) state.stops.shift();
    streams.steer.emit({ ...at, formation: params.formation as Formation, gain: params.gain });
    // A question that is out is known by its time: a flag alone would stay set for ever if its answer got lost.
    // It is time if the next update would be late by more than this one is early.
    if (context.time - state.asked > (state.waiting ? patience : every) - 500 * dt) void ask(context);
  },
});

export default guide;

type Context = Parameters<NonNullable<typeof guide.update>>[0];

/** Has the planner improve the way. */
async function ask(context: Context): Promise<void> {
  const { state, params, inputs, needs, streams } = context;
  const { stops } = state;
  const before = stops.length;
  state.asked = context.time;
  state.waiting = true;
  try {
    const way = await needs.planner.plan({ from: state.at, stops, want, avoid: inputs.predator.latest }, { timeout: patience });
    // A stop that was reached, or forgotten, while the planner thought is not brought back.
    if (state.stops === stops && stops.length === before) state.stops = way;
    state.answers++;
    state.took = context.time - state.asked;
  } catch (error) {
    state.failures++;
    context.log.debug("the planner did not answer: {error}", { error });
  }
  state.waiting = false;
  streams.path.emit({
    stops: params.mode === "tour" ? state.stops : [],
    answers: state.answers,
    failures: state.failures,
    took: state.took,
  });
}

function clamp(value: number, most: number): number {
  return Math.max(0, Math.min(most, value));
}

function distance(a: Spot, b: Spot): number {
  return Math.sqrt((a.x - b.x) * (a.x - b.x) + (a.y - b.y) * (a.y - b.y));
}
