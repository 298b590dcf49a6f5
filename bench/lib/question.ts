/** A bound that may differ by runtime. */
export type Bound = number | { node: number; deno: number };

/** What a figure of ours has to hold; `floor` stands for the floor, every other key for a peer. */
export interface Limits {
  /** At most this many times the other's value (for rates: at least the other's divided by this). */
  atMost?: Record<string, Bound>;
  /** The other takes at least this many times as long as we do. */
  faster?: Record<string, Bound>;
  /** At most this much more than the floor, in the question's unit. */
  over?: Bound;
  /** At least this value, in the question's unit. */
  reach?: Bound;
  /** At most this value, in the question's unit. */
  within?: Bound;
}

/** One measured value: the median over the rounds, and the best round. */
export interface Figure {
  median: number;
  best: number;
}

/** Why there is no figure. */
export interface Absent {
  absent: string;
}

/** What one variant of a question came to. */
export interface Figures {
  us: Figure | Absent;
  floor: Figure | Absent;
  peers: Record<string, Figure | Absent>;
}

/** How long a measurement may take: `quick` is for trying the harness, its figures mean little. */
export interface Budget {
  quick: boolean;
  /** Rounds of each contestant. */
  rounds: number;
  /** Aimed length of one round in ms. */
  roundMs: number;
  /** Time in ms that each contestant runs before it counts. */
  warmMs: number;
}

/** One row of a question's table. */
export interface Variant {
  name: string;
  /** What is special about this row. */
  note?: string;
  /** Replaces the question's own limits. */
  must?: Limits;
  /** Replaces the question's own limits. */
  aim?: Limits;
}

/** One file of this folder: what is asked, of whom, and which answer is good enough. */
export interface Question {
  /** The word for `npm run bench -- WORD`. */
  id: string;
  question: string;
  unit: string;
  better: "lower" | "higher";
  /** What the floor does. */
  floor: string;
  variants: Variant[];
  must?: Limits;
  aim?: Limits;
  /** One process measures all variants, because they are read off one run. */
  together?: boolean;
  /** `measure` starts processes of its own, so that once is enough; else several processes measure each variant. */
  once?: boolean;
  /** Several processes or threads wait for each other: the processors are kept awake. */
  awake?: boolean;
  /** Measures one variant, in a process of its own; with `together`, all of them, keyed by name. */
  measure(variant: string, budget: Budget): Promise<Figures | Record<string, Figures>>;
}

/** Says why a figure is missing. */
export function absent(reason: string): Absent {
  return { absent: reason };
}

/** Whether this is a figure, not the reason for its absence. */
export function isFigure(value: Figure | Absent): value is Figure {
  return "median" in value;
}
