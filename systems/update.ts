import { observe, onAdd, onRemove, query } from "bitecs";
import { type GraphWorld, Updating } from "../src/graph/world.ts";
import type { FrameSystem } from "../src/frame/stages.ts";
import type { NodeInstance } from "../src/node/instance.ts";
import type { BaseContext } from "../src/node/context.ts";

type Update = (context: BaseContext, dt: number) => unknown;

/** How much of a frame a node's `update` takes. */
export interface NodeUsage {
  /** Absolute name of the node. */
  readonly node: string;
  /** Ms of one `update`: the mean of recent samples. */
  readonly time: number;
}

const samplesAFrame = 4; // nodes whose update is timed in a frame that takes samples: reading the clock costs more than a small update
const sampleEvery = 8; // frames
const weight = 0.2; // of the newest sample

/** Calls `update` of all nodes that have one: those without a rate of their own once a frame, the others when they are due. */
export class UpdateSystem implements FrameSystem {
  readonly name = "update";
  readonly stage = "update";
  /** How many nodes have an `update`. */
  size = 0;
  readonly #world: GraphWorld;
  readonly #rate: number;
  #stale = true;
  #nodes: NodeInstance[] = [];
  #updates: Update[] = [];
  /** For each node, behind the last one in a row with the same `update`. */
  #ends: Int32Array = new Int32Array();
  #contexts: BaseContext[] = [];
  #rated: NodeInstance[] = [];
  #frame = 0;
  #sampleAt = 0;
  readonly #times: Map<string, number> = new Map();

  /**
   * @param world the engine's
   * @param rate frames a second, in Hz
   */
  constructor(world: GraphWorld, rate: number) {
    this.#world = world;
    this.#rate = rate;
    const changed = (by: number) => () => {
      this.#stale = true;
      this.size += by;
    };
    observe(world, onAdd(Updating), changed(1));
    observe(world, onRemove(Updating), changed(-1));
  }

  /** Who used the time, the largest first: sampled, a few nodes a frame. */
  usage(): NodeUsage[] {
    return [...this.#times].map(([node, time]) => ({ node, time })).sort((a, b) => b.time - a.time);
  }

  run(dt: number, frame: number): void {
    if (this.#stale) this.#collect();
    this.#frame = frame;
    const count = this.#nodes.length;
    if (this.#frame % sampleEvery !== 0) this.#run(0, count, dt);
    else this.#runSampling(count, dt);
    for (const node of this.#rated) this.#runRated(node);
  }

  /** The same as `#run`, with a look at the clock around a few nodes, which are others each time. */
  #runSampling(count: number, dt: number): void {
    const from = this.#sampleAt < count ? this.#sampleAt : 0;
    const to = Math.min(from + samplesAFrame, count);
    this.#sampleAt = to;
    this.#run(0, from, dt);
    for (let i = from; i < to; i++) this.#sample(this.#nodes[i]!, () => this.#run(i, i + 1, dt));
    this.#run(to, count, dt);
  }

  /** The hot loop of an engine: node by node, what nodes in a row have in common once. A node that throws is failed, the others go on. */
  #run(from: number, to: number, dt: number): void {
    const updates = this.#updates;
    const contexts = this.#contexts;
    const ends = this.#ends;
    let i = from;
    while (i < to) {
      try {
        while (i < to) {
          const update = updates[i]!;
          let end = ends[i]!;
          if (end > to) end = to; // not Math.min: rows may be short
          for (; i < end; i++) {
            const result = update(contexts[i]!, dt);
            if (result !== undefined) this.#follow(this.#nodes[i]!, result);
          }
        }
      } catch (error) {
        this.#nodes[i++]!.life?.crash(error);
      }
    }
  }

  #runRated(node: NodeInstance): void {
    const rate = node.rate!;
    const before = Math.floor(((this.#frame - 1) * rate) / this.#rate);
    const now = Math.floor((this.#frame * rate) / this.#rate);
    for (let i = before; i < now && node.life !== undefined; i++) {
      this.#sample(node, () => {
        try {
          this.#follow(node, node.definition.update!(node.life!.context as never, 1 / rate));
        } catch (error) {
          node.life?.crash(error);
        }
      });
    }
  }

  /** A promise is not waited for; one that rejects fails the node as a throw does. */
  #follow(node: NodeInstance, result: unknown): void {
    if (!(result instanceof Promise)) return;
    const { life } = node;
    result.catch((error) => life?.crash(error));
  }

  #sample(node: NodeInstance, run: () => void): void {
    const start = performance.now();
    run();
    const time = performance.now() - start;
    const before = this.#times.get(node.name) ?? time;
    this.#times.set(node.name, before + (time - before) * weight);
  }

  #collect(): void {
    this.#stale = false;
    this.#nodes = [];
    this.#rated = [];
    for (const id of query(this.#world, [Updating])) {
      const node = this.#world.node[id] as NodeInstance;
      if (node.life === undefined) continue;
      (node.rate === undefined || node.rate === this.#rate ? this.#nodes : this.#rated).push(node);
    }
    this.#updates = this.#nodes.map((node) => node.definition.update as Update);
    this.#ends = endsOf(this.#updates);
    this.#contexts = this.#nodes.map((node) => node.life!.context);
    const alive = new Set([...this.#nodes, ...this.#rated].map((node) => node.name));
    for (const name of this.#times.keys()) if (!alive.has(name)) this.#times.delete(name);
  }
}

/** For each item, behind the last one of a row that are the same. */
function endsOf(items: readonly unknown[]): Int32Array {
  const ends = new Int32Array(items.length);
  for (let i = items.length - 1; i >= 0; i--) ends[i] = items[i] === items[i + 1] ? ends[i + 1]! : i + 1;
  return ends;
}
