import { ValidationError } from "../../../src/errors.ts";
import type { SetupContext } from "../../../src/node/context.ts";
import { GraphView } from "../../../src/node/graph-view.ts";
import type { RefusalInfo, RosClient } from "../client/client.ts";
import { Library } from "../message/library.ts";
import { Output } from "../message/output.ts";
import { addressesOf } from "./addresses.ts";
import { Actions } from "./actions.ts";
import { clientOf } from "./choose-client.ts";
import { type Direction, type Exposed, exposed, Exposure } from "./exposure.ts";
import type { ActionHealth } from "./goal.ts";
import { type ClockHealth, clockTopic, type GraphClock, noClock } from "./graph-clock.ts";
import { FollowedClock } from "./followed-clock.ts";
import { PublishedClock } from "./published-clock.ts";
import { once } from "./groups.ts";
import type { ServiceHealth } from "./imported-service.ts";
import { type ParamHealth, Params } from "./params.ts";
import { Services } from "./services.ts";
import { Topics } from "./topics.ts";
import type { MirrorHealth, MirrorParts } from "./imported-topic.ts";

/** An entry of a list that matches nothing. */
export interface Unmatched {
  /** The list, such as `import.streams`. */
  readonly list: string;
  /** The entry's glob. */
  readonly match: string;
}

/** The state of a bridge. */
export interface BridgeHealth {
  /** The bridge's name in the ROS graph. */
  readonly name: string;
  /** Address of the master, or of the rosbridge server. */
  readonly master: string;
  /** Whether the master is there: `starting`, `here`, `away`, or `ended` when the bridge was asked to leave. */
  readonly graph: string;
  /** Since when, in ms since the epoch. */
  readonly since: number;
  /** Why it is away, or has ended. */
  readonly reason: string;
  /** What a rosbridge server said last of what is wrong; empty else. */
  readonly notice: string;
  /** Who connected or asked and was turned away: the 64 latest that differ; none of a rosbridge server. */
  readonly refusals: readonly RefusalInfo[];
  /** Topics that are streams here. */
  readonly imported: readonly MirrorHealth[];
  /** Streams that are topics there. */
  readonly exported: readonly MirrorHealth[];
  /** Services, in both directions. */
  readonly services: { readonly imported: readonly ServiceHealth[]; readonly exported: readonly ServiceHealth[] };
  /** Params that are there, in both directions. */
  readonly params: { readonly imported: readonly ParamHealth[]; readonly exported: readonly ParamHealth[] };
  /** Actions, in both directions. */
  readonly actions: { readonly imported: readonly ActionHealth[]; readonly exported: readonly ActionHealth[] };
  /** The clock, where both graphs have one together. */
  readonly clock: ClockHealth;
  /** What is exposed and matches nothing now. */
  readonly unmatched: readonly Unmatched[];
}

/** Entries of lists of what is exposed. */
export interface ExposeLists {
  /** Topics, or streams. */
  readonly streams?: readonly unknown[];
  /** Services. */
  readonly services?: readonly unknown[];
  /** Params. */
  readonly params?: readonly unknown[];
  /** Actions. */
  readonly actions?: readonly unknown[];
}

/** What is added to what is exposed, or taken from it. */
export interface ExposeInput {
  /** Entries for what comes from the ROS graph. */
  readonly import?: ExposeLists;
  /** Entries for what goes there. */
  readonly export?: ExposeLists;
}

/** A message that may not fit its type. */
export interface CheckInput {
  /** A type of messages, such as `geometry_msgs/Twist`. */
  readonly type: string;
  /** What is to be one. */
  readonly value: unknown;
}

/** What one kind of things is mirrored by. */
interface Mirrors {
  expose(imports: Exposure, exports: Exposure): void;
  idle(direction: Direction): Exposure["rules"];
  close(): void;
}

const idlePatience = 5000; // ms that the other side of a glob has to appear before it is told that it matches nothing

/** A bridge between this graph and one of ROS, while its node lives. */
export class Bridge {
  readonly #context: SetupContext;
  readonly #client: RosClient;
  readonly #library: Library;
  readonly #topics: Topics;
  readonly #services: Services;
  readonly #params: Params;
  readonly #actions: Actions;
  readonly #clock: GraphClock;
  readonly #origin: string;
  readonly #master: string;
  readonly #tellUnmatched: (text: string) => void;
  #idle: ReturnType<typeof setTimeout> | undefined;
  #offset = 0;
  #isTelling = false;
  #isOpen = false;
  #closed = false;

  /** @throws RosError when a list is malformed */
  constructor(context: SetupContext) {
    const { params, log } = context;
    const view = new GraphView(context);
    const addresses = addressesOf(params as { master: string; host: string });
    const { master, origin } = addresses;
    const warn = (text: string): void => log.warn("{text}", { text });
    this.#library = new Library({ folders: params.types as string[] });
    this.#context = context;
    this.#tellUnmatched = once(warn);
    this.#master = master;
    this.#client = clientOf(context, view, addresses, this.#library, warn);
    const reserved = new Set<string>(params.clock === "none" ? [] : [clockTopic]);
    const parts: MirrorParts = { view, client: this.#client, origin, reserved, warn: once(warn) };
    this.#topics = new Topics(parts, ...exposures(context, "streams"));
    this.#services = new Services(parts, ...exposures(context, "services"));
    this.#params = new Params(parts, ...exposures(context, "params"));
    this.#actions = new Actions(parts, reserved, ...exposures(context, "actions"));
    this.#clock = this.#clockOf(parts);
    this.#origin = origin;
    this.#client.onGraph = () => this.#update();
    this.#client.params.onForgotten = () => {
      this.#params.giveAgain();
      this.#clock.forgotten();
    };
    this.#client.onState = () => this.#tellState();
    view.onChange(() => this.#update());
    context.watch("import", () => this.#exposeAnew());
    context.watch("export", () => this.#exposeAnew());
  }

  /** @throws RosError when it cannot listen, or its name is taken in the ROS graph */
  async open(): Promise<void> {
    await this.#client.open();
    this.#isOpen = true;
    this.#clock.open();
    this.#update();
    this.#tellState();
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#idle);
    for (const mirrors of Object.values(this.#mirrors)) mirrors.close();
    await this.#clock.close();
    await this.#client.close();
  }

  get health(): BridgeHealth {
    const { name, state, notice = "", refusals = [] } = this.#client;
    const [services, params, actions] = [this.#services.health, this.#params.health, this.#actions.health];
    return {
      name,
      master: this.#master,
      ...state,
      notice,
      refusals,
      ...this.#topics.health,
      services,
      params,
      actions,
      clock: this.#clock.health,
      unmatched: this.#unmatched,
    };
  }

  #clockOf(parts: MirrorParts): GraphClock {
    const { params } = this.#context;
    if (params.clock === "publish") return new PublishedClock(parts, params.clockRate as number);
    if (params.clock === "follow") return new FollowedClock(parts, (offset) => this.#tellOffset(offset));
    return noClock;
  }

  /** The newest counts: there is one write at a time, however often a clock goes back. */
  #tellOffset(offset: number): void {
    this.#offset = offset;
    if (this.#isTelling) return;
    this.#isTelling = true;
    const told = offset;
    this.#context.set("status/offset", told).catch(() => {}).finally(() => { // the node has ended
      this.#isTelling = false;
      if (this.#offset !== told && !this.#closed) this.#tellOffset(this.#offset);
    });
  }

  get #mirrors(): Readonly<Record<Exposed, Mirrors>> {
    return { streams: this.#topics, services: this.#services, params: this.#params, actions: this.#actions };
  }

  /** Something in either graph has changed. */
  #update(): void {
    if (!this.#isOpen || this.#closed) return;
    this.#clock.update();
    this.#actions.update(() => this.#topics.update());
    this.#services.update();
    this.#params.update();
  }

  /**
   * Exposes more.
   *
   * @throws ValidationError when an entry is malformed
   */
  expose(more: ExposeInput): Promise<void> {
    return this.#edit(more, (list, entries) => [...list, ...entries.filter((entry) => !list.some(sameAs(entry)))]);
  }

  /** Takes entries from what is exposed: those of the same text, or `match`. */
  withhold(less: ExposeInput): Promise<void> {
    return this.#edit(less, (list, entries) => list.filter((entry) => !entries.some((one) => matchOf(one) === matchOf(entry))));
  }

  /**
   * Whether a value fits a type.
   *
   * @throws RosError that names the field that does not fit, or the type that is not known
   */
  check({ type, value }: CheckInput): void {
    this.#library.message(type).write(new Output(), value);
  }

  async #edit(input: ExposeInput, edit: (list: readonly unknown[], entries: readonly unknown[]) => unknown[]): Promise<void> {
    const values: Record<string, unknown> = {};
    for (const direction of ["import", "export"] as const) {
      for (const kind of exposed) {
        const entries = input?.[direction]?.[kind];
        if (entries === undefined) continue;
        const list = edit(this.#context.params[direction][kind] as unknown[], entries);
        try {
          new Exposure(list, direction, kind);
        } catch (error) {
          throw new ValidationError((error as Error).message, { node: this.#context.name, cause: error });
        }
        values[`${direction}/${kind}`] = list;
      }
    }
    await this.#context.set(values);
  }

  #exposeAnew(): void {
    try {
      const all = exposed.map((kind) => [kind, exposures(this.#context, kind)] as const);
      for (const [kind, lists] of all) this.#mirrors[kind].expose(...lists);
      this.#update();
      if (this.#idle !== undefined) this.#awaitMatches();
    } catch (error) {
      this.#context.log.error("what is exposed stays as it was: {reason}", { reason: (error as Error).message });
    }
  }

  #tellState(): void {
    if (this.#closed) return;
    const { graph, since, reason } = this.#client.state;
    const { log, set } = this.#context;
    if (graph === "here") {
      log.info("the ROS graph at {master} is here, and this is {name} in it", { master: this.#master, name: this.#client.name });
    }
    if (graph === "away") log.warn("the ROS graph at {master} is away, and is looked for: {reason}", { master: this.#master, reason });
    set({ "status/graph": graph, "status/since": since, "status/reason": reason, "status/origin": this.#origin }).catch(() => {}); // the node has ended
    if (graph === "here" && this.#idle === undefined) this.#awaitMatches();
    if (graph === "here") this.#params.readAgain();
    this.#update();
  }

  /** What matches nothing once the other side has had its time is told, each once. */
  #awaitMatches(): void {
    clearTimeout(this.#idle);
    this.#idle = setTimeout(() => {
      for (const { list, match } of this.#unmatched) {
        const [direction, kind] = list.split(".") as [Direction, Exposed];
        this.#tellUnmatched(`${list}: ${match} matches no ${nouns[kind][direction]}`);
      }
    }, idlePatience);
  }

  get #unmatched(): Unmatched[] {
    return (["import", "export"] as const).flatMap((direction) =>
      exposed.flatMap((kind) => this.#mirrors[kind].idle(direction).map(({ glob }) => ({ list: `${direction}.${kind}`, match: glob.text })))
    );
  }
}

const nouns: Readonly<Record<Exposed, Readonly<Record<Direction, string>>>> = {
  streams: { import: "topic of the ROS graph", export: "stream of this graph" },
  services: { import: "service of the ROS graph", export: "service of this graph" },
  params: { import: "param of the ROS graph", export: "param of this graph" },
  actions: { import: "action of the ROS graph", export: "service of this graph" },
};

function exposures({ params }: SetupContext, kind: Exposed): [imports: Exposure, exports: Exposure] {
  return [new Exposure(params.import[kind], "import", kind), new Exposure(params.export[kind], "export", kind)];
}

function matchOf(entry: unknown): unknown {
  return typeof entry === "object" && entry !== null ? (entry as { match?: unknown }).match : entry;
}

function sameAs(entry: unknown): (other: unknown) => boolean {
  const text = JSON.stringify(entry);
  return (other) => JSON.stringify(other) === text;
}
