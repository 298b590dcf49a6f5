import { defineNode, from, param } from "pyros";
import type { Bodies, Spot } from "../types.ts";
import { world } from "../types.ts";

/** What the planner is asked. */
export interface Question {
  /** Where the way begins. */
  from: Spot;
  /** Stops that are to be kept; new ones are added to them. */
  stops: Spot[];
  /** How many stops the answer has. */
  want: number;
  /** A place to keep away from. */
  avoid?: Spot;
}

/** Progress of a survey: one sector more. */
export interface Sector extends Spot {
  done: number;
  of: number;
  /** Bodies in this sector. */
  count: number;
}

/** What a survey finds. */
export interface Survey {
  emptiest: Sector;
  fullest: Sector;
}

const shy = 30; // m from the place to avoid, within which a way costs more
const columns = 12;
const rows = 8;

/** Answers where to go. It works hard for an answer: the node to move to a thread or a process of its own. */
export default defineNode({
  description: "plans ways through the world",
  params: { effort: param(6000, { min: 1, max: 1_000_000, integer: true, description: "orders tried for one answer" }) },
  inputs: { bodies: from<Bodies>("/world/bodies", { maxRate: 2 }) },
  serviceOptions: { plan: { concurrency: 1 } },
  services: {
    /** The shortest way found through all stops that keeps away from `avoid`. */
    plan({ from, stops, want, avoid }: Question, { params, random }): Spot[] {
      const way = stops.slice(0, want);
      while (way.length < want) way.push({ x: world.width * (0.15 + 0.7 * random()), y: world.height * (0.2 + 0.6 * random()) });
      let best = cost(from, way, avoid);
      for (let i = 0; i < params.effort && way.length > 1; i++) {
        const a = Math.floor(random() * way.length);
        const b = Math.floor(random() * way.length);
        reverse(way, Math.min(a, b), Math.max(a, b));
        const found = cost(from, way, avoid);
        if (found < best) best = found;
        else reverse(way, Math.min(a, b), Math.max(a, b));
      }
      return way;
    },

    /** Counts the bodies sector by sector; the sector counted last is the progress. */
    async *survey(_: undefined, { inputs, sleep }): AsyncGenerator<Sector, Survey> {
      const of = columns * rows;
      let emptiest: Sector | undefined;
      let fullest: Sector | undefined;
      for (let k = 0; k < of; k++) {
        const left = ((k % columns) * world.width) / columns;
        const top = (Math.floor(k / columns) * world.height) / rows;
        const count = countIn(inputs.bodies.latest, left, top);
        const sector = { x: left + world.width / columns / 2, y: top + world.height / rows / 2, done: k + 1, of, count };
        if (emptiest === undefined || count < emptiest.count) emptiest = sector;
        if (fullest === undefined || count > fullest.count) fullest = sector;
        yield sector;
        await sleep(15);
      }
      return { emptiest: emptiest!, fullest: fullest! };
    },
  },
});

function cost(start: Spot, way: readonly Spot[], avoid: Spot | undefined): number {
  let sum = 0;
  let { x, y } = start;
  for (const stop of way) {
    const length = Math.sqrt((stop.x - x) * (stop.x - x) + (stop.y - y) * (stop.y - y));
    sum += length;
    if (avoid !== undefined) {
      // The nearest point of this leg to the place to avoid.
      const t = length === 0
        ? 0
        : Math.max(0, Math.min(1, ((avoid.x - x) * (stop.x - x) + (avoid.y - y) * (stop.y - y)) / (length * length)));
      const dx = x + t * (stop.x - x) - avoid.x;
      const dy = y + t * (stop.y - y) - avoid.y;
      sum += 4 * Math.max(0, shy - Math.sqrt(dx * dx + dy * dy));
    }
    x = stop.x;
    y = stop.y;
  }
  return sum;
}

function reverse(way: Spot[], from: number, to: number): void {
  for (; from < to; from++, to--) {
    const held = way[from]!;
    way[from] = way[to]!;
    way[to] = held;
  }
}

function countIn(bodies: Bodies | undefined, left: number, top: number): number {
  let count = 0;
  for (let i = 0; i < (bodies?.x.length ?? 0); i++) {
    const x = bodies!.x[i]! - left;
    const y = bodies!.y[i]! - top;
    if (x >= 0 && y >= 0 && x < world.width / columns && y < world.height / rows) count++;
  }
  return count;
}
