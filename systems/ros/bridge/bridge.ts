import { ValidationError } from "../../../src/errors.ts";
import { checkAbsolute } from "../../../src/graph/names.ts";
import type { SetupContext } from "../../../src/node/context.ts";
import { GraphView } from "../../../src/node/graph-view.ts";
import type { RosClient } from "../client/client.ts";
import { Library } from "../message/library.ts";
import { Ros1Client } from "../ros1/client.ts";
import { Exposure } from "./exposure.ts";
import { addressesOf } from "./addresses.ts";
import { Topics } from "./topics.ts";
import type { MirrorHealth } from "./imported-topic.ts";

/** The state of a bridge. */
export interface BridgeHealth {
  /** The bridge's name in the ROS graph. */
  readonly name: string;
  /** Address of the master. */
  readonly master: string;
  /** Whether the master is there: `starting`, `here`, `away`, or `ended` when the bridge was asked to leave. */
  readonly graph: string;
  /** Since when, in ms since the epoch. */
  readonly since: number;
  /** Why it is away, or has ended. */
  readonly reason: string;
  /** Topics that are streams here. */
  readonly imported: readonly MirrorHealth[];
  /** Streams that are topics there. */
  readonly exported: readonly MirrorHealth[];
}

/** What is added to what is exposed, or taken from it. */
export interface ExposeInput {
  /** Entries for topics that become streams. */
  readonly import?: { readonly streams?: readonly unknown[] };
  /** Entries for streams that become topics. */
  readonly export?: { readonly streams?: readonly unknown[] };
}

const idlePatience = 5000; // ms that the other side of a glob has to appear before it is told that it matches nothing

/** A bridge between this graph and one of ROS, while its node lives. */
export class Bridge {
  readonly #context: SetupContext;
  readonly #client: RosClient;
  readonly #topics: Topics;
  readonly #master: string;
  #idle: ReturnType<typeof setTimeout> | undefined;
  #closed = false;

  /** @throws RosError when a list is malformed */
  constructor(context: SetupContext) {
    const { params, log } = context;
    const view = new GraphView(context);
    const { master, host, listen, origin } = addressesOf(params as { master: string; host: string });
    const warn = (text: string): void => log.warn("{text}", { text });
    const library = new Library({ folders: params.types as string[] });
    const name = checkAbsolute(params.name as string, "the bridge's name in the ROS graph");
    this.#context = context;
    this.#master = master;
    this.#client = new Ros1Client({ master, name, host, listen, library, interval: params.interval as number, mark: view.mark, warn });
    this.#topics = new Topics({ view, client: this.#client, origin, warn }, exposure(context, "import"), exposure(context, "export"));
    this.#client.onGraph = () => this.#topics.update();
    this.#client.onState = () => this.#tellState();
    view.onChange(() => this.#topics.update());
    context.watch("import", () => this.#exposeAnew());
    context.watch("export", () => this.#exposeAnew());
  }

  /** @throws RosError when it cannot listen, or its name is taken in the ROS graph */
  async open(): Promise<void> {
    await this.#client.open();
    this.#topics.update();
    this.#tellState();
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#idle);
    this.#topics.close();
    await this.#client.close();
  }

  get health(): BridgeHealth {
    const { name, state } = this.#client;
    return { name, master: this.#master, ...state, ...this.#topics.health };
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

  async #edit(input: ExposeInput, edit: (list: readonly unknown[], entries: readonly unknown[]) => unknown[]): Promise<void> {
    const values: Record<string, unknown> = {};
    for (const direction of ["import", "export"] as const) {
      const entries = input?.[direction]?.streams;
      if (entries === undefined) continue;
      const list = edit(this.#context.params[direction].streams as unknown[], entries);
      try {
        new Exposure(list, `${direction}.streams`);
      } catch (error) {
        throw new ValidationError((error as Error).message, { node: this.#context.name, cause: error });
      }
      values[`${direction}/streams`] = list;
    }
    await this.#context.set(values);
  }

  #exposeAnew(): void {
    try {
      this.#topics.expose(exposure(this.#context, "import"), exposure(this.#context, "export"));
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
    if (graph === "away") log.warn("the master at {master} is away, and is looked for: {reason}", { master: this.#master, reason });
    set({ "status/graph": graph, "status/since": since, "status/reason": reason }).catch(() => {}); // the node has ended
    if (graph === "here" && this.#idle === undefined) this.#idle = setTimeout(() => this.#tellIdle(), idlePatience);
    this.#topics.update();
  }

  #tellIdle(): void {
    for (const { direction, rule } of this.#topics.idle) {
      const what = direction === "import" ? "topic of the ROS graph" : "stream of this graph";
      this.#context.log.warn("{direction}.streams: {glob} matches no {what}", { direction, glob: rule.glob.text, what });
    }
  }
}

function exposure({ params }: SetupContext, direction: "import" | "export"): Exposure {
  return new Exposure(params[direction].streams, `${direction}.streams`);
}

function matchOf(entry: unknown): unknown {
  return typeof entry === "object" && entry !== null ? (entry as { match?: unknown }).match : entry;
}

function sameAs(entry: unknown): (other: unknown) => boolean {
  const text = JSON.stringify(entry);
  return (other) => JSON.stringify(other) === text;
}
