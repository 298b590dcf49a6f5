/**
 * What the nodes and systems of the swarm tell one another: plain data, all of it.
 *
 * The world is 200 by 120 metres, x to the right and y downwards. Speeds are in m/s.
 *
 * @module
 */

/** A place in the world, in m. */
export interface Spot {
  x: number;
  y: number;
}

/** The extent of the world, in m. */
export const world = { width: 200, height: 120 } as const;

/** The shapes that the swarm can be asked for, in the order of their keys. */
export const formations = ["flock", "ring", "eight", "heart"] as const;

/** One of the shapes. */
export type Formation = (typeof formations)[number];

/** `/world/bodies`: where all bodies are and how they move; body i stands at `x[i]`, `y[i]`. Shared: nobody may write into it. */
export interface Bodies {
  readonly x: Float32Array;
  readonly y: Float32Array;
  readonly vx: Float32Array;
  readonly vy: Float32Array;
}

/** `/world/flock`: the swarm in a few numbers. */
export interface Flock {
  count: number;
  centre: Spot;
  /** Root mean square distance from the centre, in m. */
  spread: number;
  /** Mean speed, in m/s. */
  speed: number;
  /** The middle of the most crowded part. */
  densest: Spot;
}

/** `/guide/steer`: where the swarm is to be, and in what shape. */
export interface Steer extends Spot {
  formation: Formation;
  /** How firmly it is drawn there; 1 is usual. */
  gain: number;
}

/** `/guide/path`: the way that the guide leads, and how the planner does. */
export interface Path {
  stops: Spot[];
  /** Answers of the planner so far. */
  answers: number;
  /** Questions that it did not answer. */
  failures: number;
  /** Ms that the last answer took. */
  took: number;
}

/** One stream in a report. Items: emitted = thinned + delivered + replaced + lost + waiting, for each subscriber. */
export interface StreamReport {
  name: string;
  /** Items a second that were emitted. */
  rate: number;
  /** How many subscribe. */
  subscribers: number;
  /** Items that `maxRate` took out, over all subscribers. */
  thinned: number;
  /** Items that a newer one replaced before `latest` was read. */
  replaced: number;
  /** Items that a subscriber did not get because it was behind. */
  lost: number;
}

/** `/meter/report`: how the engine does. */
export interface Report {
  /** Frames since the start. */
  frames: number;
  /** Frames a second, over the time since the last report. */
  rate: number;
  /** Frames a second that are wanted. */
  wanted: number;
  /** Frames left out since the start. */
  skipped: number;
  /** Ms that a frame took, on average since the last report, and the longest. */
  busy: number;
  longest: number;
  /** Nodes that run. */
  nodes: number;
  streams: StreamReport[];
}

/** `/monitor/alarm`: what is wrong; an empty text says that all is well. */
export interface Alarm {
  text: string;
}
