import { createEngine } from "../config/create-engine.ts";
import type { Engine } from "../engine/engine.ts";
import { DeclarationError, StateError } from "../errors.ts";
import { defineSystem } from "../frame/system.ts";
import { checkAbsolute } from "../graph/names.ts";
import { NodeNames, Scope } from "../graph/scope.ts";
import { entries } from "../graph/world.ts";
import type { ClientOf } from "../node/context.ts";
import { type NodeDefinition, type NodeFunction, toNodeDefinition } from "../node/define.ts";
import type { NodeStatus } from "../node/graph-node.ts";
import type { NodeInstance } from "../node/instance.ts";
import { snapshot } from "../value/copy.ts";
import { fakeNodes } from "./fakes.ts";
import { type CallRecord, type SetRecord, tap } from "./tap.ts";
import type { EmittedItem, EmittedOf, FakeInput, InputsOf, ItemsOf, ParamsOf, RunFor, StateOf, TestOptions } from "./types.ts";

/** A node under test. Made by {@link testNode}. */
export class TestNode<D = any> implements AsyncDisposable {
  /** Its absolute name. */
  readonly name: string;
  /** The real engine that it runs in, in simulated time. */
  readonly engine: Engine;
  /** The streams that it reads, by its own words: the test publishes them. */
  readonly inputs: InputsOf<D>;
  /** The values that it has emitted, by stream. */
  readonly emitted: EmittedOf<D>;
  /** What it has emitted, with stamps and numbers, by stream. */
  readonly items: ItemsOf<D>;
  /** The calls that it has made, in their order. */
  readonly calls: readonly CallRecord[];
  /** The params that it has set, in their order. */
  readonly sets: readonly SetRecord[];
  /** Its services. Time stands still meanwhile: wait with {@link until} for one that sleeps. */
  readonly call: ClientOf<D>;
  readonly #definition: NodeDefinition;
  readonly #names: NodeNames;
  readonly #instance: NodeInstance;
  readonly #publishers: Map<string, { emit(value: unknown): void }> = new Map();
  readonly #notes: Notes;

  /**
   * @internal
   * @param parts what {@link testNode} has set up
   */
  constructor(parts: { engine: Engine; definition: NodeDefinition; names: NodeNames; notes: Notes }) {
    const { engine, definition, names, notes } = parts;
    this.engine = engine;
    this.name = names.node;
    this.#definition = definition;
    this.#names = names;
    this.#instance = notes.instance!;
    this.#notes = notes;
    this.emitted = notes.emitted as EmittedOf<D>;
    this.items = notes.items as ItemsOf<D>;
    this.calls = notes.calls;
    this.sets = notes.sets;
    this.call = engine.client<any>(names.node) as ClientOf<D>;
    const inputs = Object.entries<{ name: string }>(definition.inputs ?? {}).map((
      [key, { name }],
    ): [string, FakeInput<unknown>] => [key, { emit: (value) => this.emit(name, value) }]);
    this.inputs = Object.fromEntries(inputs) as InputsOf<D>;
  }

  /** Now, in ms since the start of the test. */
  get time(): number {
    return this.engine.time;
  }

  /** What it does at the moment. */
  get status(): NodeStatus {
    return this.#instance.status;
  }

  /** A copy of its state; after its end, of its last one. */
  get state(): StateOf<D> {
    return snapshot(this.#instance.life?.state ?? this.#notes.state, `state of ${this.name}`) as StateOf<D>;
  }

  /** Its params as they are now. */
  get params(): ParamsOf<D> {
    const values = Object.keys(this.#definition.params ?? {}).map((key) => [key, this.engine.params.get(this.#names.declared(key))]);
    return Object.fromEntries(values) as ParamsOf<D>;
  }

  /**
   * Sets params, as somebody else would: its own by their names, others of the graph by absolute ones.
   *
   * @returns a promise of the revision; it rejects when the write was refused
   */
  set(values: Partial<ParamsOf<D>> & { readonly [name: `/${string}`]: unknown }): Promise<number> {
    return this.engine.params.set(Object.fromEntries(Object.entries(values).map(([key, value]) => [this.#names.declared(key), value])));
  }

  /**
   * Emits on any stream, as another node would: for what the node subscribes to while it runs.
   *
   * @param name the stream, by the node's words
   * @param value the item
   */
  emit(name: string, value: unknown): void {
    const absolute = this.#names.referred(name);
    let publisher = this.#publishers.get(absolute);
    if (publisher === undefined) this.#publishers.set(absolute, publisher = this.engine.publisher(absolute));
    publisher.emit(value);
  }

  /**
   * Lets so many frames run, one by default; a node without `update` sees the time pass.
   *
   * @throws what the node failed with, in its `update`, in a handler of `on` or in a watcher
   */
  step(frames = 1): Promise<void> {
    return this.run({ frames });
  }

  /**
   * Lets time run: for `seconds`, `until` so many ms since the start, or for so many `frames`.
   *
   * @throws what the node failed with, in its `update`, in a handler of `on` or in a watcher
   */
  async run(time: RunFor): Promise<void> {
    const { seconds, until, frames } = time as { seconds?: number; until?: number; frames?: number };
    if (!Number.isFinite(seconds ?? until ?? frames)) {
      throw new StateError("say for how long: run({ seconds }), run({ until }) in ms or run({ frames })", { node: this.name });
    }
    this.#check();
    await this.engine.run(time);
    this.#check();
  }

  /**
   * Lets time run, frame by frame, until a promise settles: of a call whose handler sleeps, or of something that the node is to do.
   *
   * @param promise what to wait for
   * @param seconds how long at most, in simulated time; an hour by default
   * @returns what the promise resolves to
   * @throws StateError when it has not settled by then, or what the node failed with
   */
  async until<T>(promise: PromiseLike<T>, seconds = 3600): Promise<T> {
    let settled = false;
    const settle = () => (settled = true);
    promise.then(settle, settle);
    const end = this.time + seconds * 1000;
    await this.run({ until: this.time });
    while (!settled) {
      if (this.time >= end) {
        throw new StateError(
          `after ${seconds} simulated seconds the promise has not settled; does it wait for real time outside \`external\`?`,
          { node: this.name },
        );
      }
      await this.step();
    }
    return promise;
  }

  /** Stops the node and all that is around it. */
  close(): Promise<void> {
    return this.engine.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #check(): void {
    if (this.#instance.status === "failed") throw this.#instance.error;
  }
}

/** What is noted from the start of the engine. */
interface Notes {
  instance: NodeInstance | undefined;
  /** Of its last life. */
  state: object;
  readonly emitted: Record<string, unknown[]>;
  readonly items: Record<string, EmittedItem[]>;
  readonly calls: CallRecord[];
  readonly sets: SetRecord[];
}

/**
 * Runs one node in simulated time, in a real engine, with a fake world around it: inside any test runner.
 *
 * The node has started when the promise resolves; from then on time stands still but in `step`, `run` and `until`.
 *
 * @param use the node's definition, or a plain function
 * @param options its name, params and so on, and who stands in for what it calls
 * @returns the node under test; `await using` closes it
 * @throws NodeStartError when its `setup` throws, ConfigError or DeclarationError when an option is wrong
 * @example
 * ```ts
 * import assert from "node:assert";
 * import { client, defineNode, from, param, stream } from "pyros";
 * import { testNode } from "pyros/test";
 *
 * const planner = defineNode({ services: { side: (x: number) => (x > 0 ? 1 : -1) } });
 * const guide = defineNode({
 *   params: { gain: param(1, { min: 0 }) },
 *   streams: { steer: stream<number>() },
 *   inputs: { pose: from<{ x: number }>("pose") },
 *   needs: { planner: client<typeof planner>("planner") },
 *   state: () => ({ side: 1 }),
 *   on: { async pose({ x }, { state, needs }) { state.side = await needs.planner.side(x); } },
 *   update({ inputs, params, state, streams }) { streams.steer.emit((inputs.pose.latest?.x ?? 0) * params.gain * state.side); },
 * });
 *
 * await using node = await testNode(guide, { params: { gain: 2 }, needs: { planner: { side: () => -1 } } });
 * node.inputs.pose.emit({ x: 3 });
 * await node.step(2);
 * assert.deepEqual(node.emitted.steer, [-6, -6]);
 * assert.deepEqual(node.calls, [{ service: "/planner/side", input: 3, result: -1 }]);
 * ```
 */
export async function testNode<D extends NodeDefinition | NodeFunction>(use: D, options: TestOptions<D> = {}): Promise<TestNode<D>> {
  const given = toNodeDefinition(use);
  if (given === undefined) {
    throw new DeclarationError("testNode is given something that is no node; use what defineNode returns, or a function");
  }
  const { name = "/node", remap, needs = {}, services = {}, state, rate = given.rate ?? 60 } = options;
  // The state is kept at hand: that of a life that has ended can be read, too.
  const definition: NodeDefinition = { ...given, state: () => (notes.state = merged(given.state?.() ?? {}, state)) };
  const names = new NodeNames(name, new Scope(), remap);
  const own = Object.entries(options.params ?? {});
  const notes: Notes = { instance: undefined, state: {}, emitted: {}, items: {}, calls: [], sets: [] };
  const engine = await createEngine({
    clock: "sim",
    seed: options.seed ?? 0,
    rate,
    development: true,
    params: treeOf(own.filter(([key]) => key[0] === "/")),
    systems: [observer(names, definition, notes)],
    nodes: {
      ...fakeNodes(names, definition, needs, services),
      [name]: {
        use: definition,
        remap,
        restart: options.restart ?? "never",
        params: Object.fromEntries(own.filter(([key]) => key[0] !== "/")),
      },
    },
  });
  // A node that is given up ends the run at once: hours may be left of it.
  engine.watchGraph(({ type, node }) => {
    if (type === "given-up" && node === names.node) engine.pause();
  });
  return new TestNode<D>({ engine, definition, names, notes });
}

function merged(made: object, parts: object | undefined): object {
  return parts === undefined ? made : { ...made, ...snapshot(parts) };
}

/** Params by their absolute names as a tree. */
function treeOf(values: readonly (readonly [string, unknown])[]): Record<string, unknown> {
  const tree: Record<string, any> = {};
  for (const [name, value] of values) {
    const path = checkAbsolute(name, "param").slice(1).split("/");
    const last = path.pop()!;
    path.reduce((branch, segment) => (branch[segment] ??= {}), tree)[last] = value;
  }
  return tree;
}

/** A system is there before the nodes start: so nothing of what the node does in its `setup` is missed. */
function observer(names: NodeNames, definition: NodeDefinition, notes: Notes): ReturnType<typeof defineSystem> {
  for (const key of Object.keys(definition.streams ?? {})) {
    notes.emitted[key] = [];
    notes.items[key] = [];
  }
  return defineSystem({
    name: "pyros_test",
    setup({ world, stream }) {
      notes.instance = entries<NodeInstance>(world, "node").find((node) => node.name === names.node)!;
      tap(notes.instance, notes.calls, notes.sets);
      for (const key of Object.keys(notes.items)) {
        stream(names.declared(key)).on((value, { stamp, seq }) => {
          notes.emitted[key]!.push(value);
          notes.items[key]!.push({ value, stamp, seq });
        });
      }
    },
  });
}
