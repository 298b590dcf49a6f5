import { query } from "bitecs";
import { NodeNames, type Scope } from "../graph/scope.ts";
import type { GraphWorld } from "../graph/world.ts";
import type { ClientDeclaration, InputDeclaration, StreamDeclaration } from "../node/declare.ts";
import type { NodeContext } from "../node/context.ts";
import { defineNode, type NodeParts, type RestartMode, type RestartPolicy } from "../node/define.ts";
import { NodeInstance } from "../node/instance.ts";
import type { Kernel } from "../node/kernel.ts";
import type { Life } from "../node/life.ts";
import { LiveContext } from "../node/live-context.ts";
import type { Job } from "../service/job.ts";
import type { FrameSystem, Stage } from "./stages.ts";

/** What a system gets: what a node gets, and the world. */
export type SystemContext<P = any, St = any, In = any, Ne = any, S = any> = NodeContext<P, St, In, Ne, S, undefined> & {
  /** The engine's bitECS world. */
  readonly world: GraphWorld;
  /** The entities that match the query now; not to be kept beyond the frame. */
  readonly entities: ArrayLike<number> & Iterable<number>;
};

/** The parts of a system, as `defineSystem` takes them. */
export interface SystemParts<Sv, P, St, In, Ne, S>
  extends Pick<NodeParts<Sv, P, St, In, Ne, S, undefined>, "description" | "params" | "streams" | "inputs" | "needs" | "serviceOptions"> {
  /** One segment of a name; what the system declares lives under `/name`. */
  readonly name: string;
  /** The part of the frame in which it runs; `simulate` by default. */
  readonly stage?: Stage;
  /** Systems of the same stage that it must run before. */
  readonly before?: readonly string[];
  /** Systems of the same stage that it must run after. */
  readonly after?: readonly string[];
  /** Components that an entity must have to be among `entities`; without a query there are none. */
  readonly query?: readonly object[];
  /** Components that it reads, beside those of its query. */
  readonly reads?: readonly object[];
  /** Components that it changes. */
  readonly writes?: readonly object[];
  /** Data of the system's own. */
  readonly state?: () => S;
  /** Services that it provides; their context has the world too. */
  readonly services?: Sv;
  /** `never` by default: a `setup` that makes entities would make them twice. */
  readonly restart?: RestartMode | RestartPolicy;
  /** Makes entities, and whatever else the system needs. */
  setup?(context: SystemContext<P, St, In, Ne, S>): void | Promise<void>;
  /** Runs once a frame; `dt` is in seconds. A throw ends the system, not the engine. */
  run?(context: SystemContext<P, St, In, Ne, S>, dt: number): void;
  /** Undoes what `setup` did. */
  dispose?(context: SystemContext<P, St, In, Ne, S>): void | Promise<void>;
}

const mark: unique symbol = Symbol.for("pyros.system") as never;

/** Any system's definition. A place that takes one says so by this type, which leaves the inference of the definition alone. */
export interface AnySystemDefinition {
  /** @internal */
  readonly [mark]: true;
}

/** A system's definition: what `defineSystem` returns. */
export interface SystemDefinition<Sv = any, P = any, St = any, In = any, Ne = any, S = any> extends SystemParts<Sv, P, St, In, Ne, S> {
  /** @internal */
  readonly [mark]: true;
}

/**
 * Defines a system: a function that runs each frame, at a stage, over the entities that match a query.
 *
 * @param parts the parts of the system
 * @returns the definition, for `systems` in a config
 */
export function defineSystem<
  Sv extends Record<string, (input: never, context: SystemContext<P, St, In, Ne, S>) => unknown>,
  P extends Record<string, unknown> = {},
  St extends Record<string, StreamDeclaration<any>> = {},
  In extends Record<string, InputDeclaration<any>> = {},
  Ne extends Record<string, ClientDeclaration<any>> = {},
  S extends object = {},
>(parts: SystemParts<Sv, P, St, In, Ne, S>): SystemDefinition<Sv, P, St, In, Ne, S> {
  return { ...parts, [mark]: true };
}

/** Whether something is what `defineSystem` returns. */
export function isSystemDefinition(value: unknown): value is SystemDefinition {
  return typeof value === "object" && value !== null && (value as Partial<SystemDefinition>)[mark] === true;
}

const builtIn = new Set(["receive", "update"]);

class WorldContext extends LiveContext {
  readonly #system: SystemInstance;

  constructor(system: SystemInstance, life: Life, job: Job | undefined) {
    super(life, job);
    this.#system = system;
  }

  get world(): GraphWorld {
    return this.#system.kernel.world;
  }

  get entities(): ArrayLike<number> {
    const terms = this.#system.system.query;
    return terms === undefined ? [] : query(this.#system.kernel.world, terms as object[]);
  }
}

/** A system of an engine: a node that sees the world, with a place in the frame. */
export class SystemInstance extends NodeInstance implements FrameSystem {
  readonly system: SystemDefinition;
  readonly stage: Stage;
  readonly before: readonly string[] | undefined;
  readonly after: readonly string[] | undefined;
  readonly reads: readonly object[];
  readonly writes: readonly object[] | undefined;

  constructor(kernel: Kernel, scope: Scope, system: SystemDefinition) {
    const {
      run: _run,
      query: _query,
      stage: _stage,
      before: _before,
      after: _after,
      reads: _reads,
      writes: _writes,
      name,
      setup,
      dispose,
      ...parts
    } = system;
    const definition = defineNode(
      { ...parts, setup: setup as never, dispose: dispose as never, restart: parts.restart ?? "never" } as never,
    );
    super(kernel, new NodeNames(`/${name}`, scope), definition, {});
    this.system = system;
    this.stage = system.stage ?? "simulate";
    const inFrame = (other: string) => (builtIn.has(other) ? other : scope.absolute(other[0] === "/" ? other : `/${other}`));
    this.before = system.before?.map(inFrame);
    this.after = system.after?.map(inFrame);
    this.reads = [...(system.query ?? []), ...(system.reads ?? [])];
    this.writes = system.writes;
  }

  override context(life: Life, job: Job | undefined): LiveContext {
    return new WorldContext(this, life, job);
  }

  /** Whether it wants frames. */
  get runs(): boolean {
    return this.status === "running" && this.system.run !== undefined;
  }

  run(dt: number): void {
    const { life } = this;
    if (life === undefined || !this.runs) return;
    try {
      this.system.run!(life.context as never, dt);
    } catch (error) {
      life.crash(error);
    }
  }
}
