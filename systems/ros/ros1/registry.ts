import type { ClientState } from "../client/client.ts";
import { Backoff, pause } from "../client/backoff.ts";
import { addressesIn, type Master, type SystemState } from "./master.ts";
import { Refusal } from "../client/refusal.ts";
import { XmlFault } from "../xmlrpc/value.ts";

/** What this node is to be in the master's books. */
export interface Registration {
  readonly kind: "publisher" | "subscriber" | "service";
  readonly name: string;
  /** What registering takes beside the name, in the order of the master's method. */
  readonly args: readonly string[];
  /** What unregistering takes beside the name. */
  readonly address: string;
  /** Of a subscriber: takes the addresses of those that publish now. */
  readonly onPublishers?: (addresses: readonly string[]) => void;
  /** Of a subscriber: how many publishers it knows. */
  readonly known?: () => number;
  /** Of a service, which has one provider: whether it may be taken from the one that the master knows. */
  readonly mayReplace?: (other: string) => boolean;
  /** The master knows it. */
  readonly onRegistered?: () => void;
  /** Takes the reason why the master does not want to. */
  readonly onRefused?: (reason: string) => void;
}

const namesASecond = 10_000; // that are looked at: where there are more, less often

const verbs = { publisher: "Publisher", subscriber: "Subscriber", service: "Service" } as const;
const shelves = { publisher: "publishers", subscriber: "subscribers", service: "services" } as const;

/**
 * Keeps the master's books as this node wants them, and reads them: whatever the master forgets is told again.
 *
 * The master tells nobody of new topics, so it is asked again and again; that also shows whether it still knows this node.
 */
export class Registry {
  state: ClientState = { graph: "starting", since: Date.now(), reason: "" };
  /** Called when {@link Registry.state} has changed. */
  onState: () => void = () => {};
  /** Called with what the master knows, as often as it is asked. */
  onSystem: (system: SystemState) => void | Promise<void> = () => {};
  readonly #master: Master;
  readonly #caller: string;
  readonly #interval: number;
  readonly #wanted: Set<Registration> = new Set();
  /** What the master knows, and need not be told again; with the other nodes that published the topic of that name when it was told. */
  readonly #done: Map<Registration, string> = new Map();
  /** What the master may know, because it was told: it is to be taken back when it is wanted no longer. */
  readonly #told: Set<Registration> = new Set();
  readonly #ending: AbortController = new AbortController();
  #wake: AbortController = new AbortController();
  #loop: Promise<void> | undefined;

  /**
   * @param caller this node's name
   * @param interval ms between two looks at what the master knows
   */
  constructor(master: Master, caller: string, interval: number) {
    this.#master = master;
    this.#caller = caller;
    this.#interval = interval;
  }

  /** Begins to look. */
  open(): void {
    this.#loop = this.#run();
  }

  add(registration: Registration): void {
    this.#wanted.add(registration);
    this.#wake.abort();
  }

  remove(registration: Registration): void {
    this.#wanted.delete(registration);
    this.#done.delete(registration);
    if (this.#told.has(registration)) this.#wake.abort();
  }

  /** What the master has told of it may be wrong: it is asked again with the next look. */
  doubt(registration: Registration): void {
    this.#done.delete(registration);
  }

  /** Ends; what the master knows of this node is taken back, if it is there. */
  async close(): Promise<void> {
    this.#wanted.clear();
    this.#ending.abort();
    this.#wake.abort();
    await this.#loop;
    if (this.state.graph === "here" || this.state.graph === "ended") await this.#unregister().catch(() => {});
  }

  /** It was asked to end, by the master or by a tool: nothing is registered any more, and what was is taken back. */
  end(reason: string): void {
    this.#wanted.clear();
    this.#become("ended", reason);
    this.#wake.abort();
  }

  async #run(): Promise<void> {
    const { signal } = this.#ending;
    const backoff = new Backoff(100, 2000);
    while (!signal.aborted && (this.state.graph !== "ended" || this.#told.size > 0)) {
      this.#wake = new AbortController();
      try {
        const seen = await this.#look();
        backoff.reset();
        if (!this.#wake.signal.aborted) await pause(Math.max(this.#interval, (seen / namesASecond) * 1000), this.#wake.signal);
      } catch (error) {
        if (signal.aborted) return;
        this.#become("away", (error as Error).message);
        await backoff.wait(signal);
      }
    }
  }

  /** Returns how many names the master's books have. */
  async #look(): Promise<number> {
    const system = await this.#master.systemState();
    const size = system.publishers.size + system.subscribers.size + system.services.size;
    if (this.#ending.signal.aborted) return size;
    this.#become("here", "");
    await this.#unregister();
    if (this.state.graph === "ended") return size;
    for (const registration of this.#wanted) {
      const there = system[shelves[registration.kind]].get(registration.name) ?? [];
      const publishing = this.#others(system.publishers.get(registration.name));
      if (there.includes(this.#caller) && this.#done.has(registration) && !this.#hasMissed(registration, publishing)) continue;
      const [other] = this.#others(there);
      if (other !== undefined && registration.mayReplace?.(other) === false) {
        this.#done.delete(registration);
        continue;
      }
      await this.#register(registration, publishing);
    }
    await this.onSystem(system);
    return size;
  }

  async #register(registration: Registration, publishing: readonly string[]): Promise<void> {
    const { kind, name, args, onPublishers } = registration;
    let answer: unknown;
    this.#told.add(registration); // also where no answer comes
    try {
      answer = await this.#master.call(`register${verbs[kind]}`, name, ...args);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      this.#told.delete(registration);
      return registration.onRefused?.(error.message);
    }
    if (!this.#wanted.has(registration)) return;
    this.#done.set(registration, publishing.join(" "));
    registration.onRegistered?.();
    onPublishers?.(addressesIn(answer));
  }

  /** Takes back what is wanted no longer, one after the other; what the master does not answer to stays to be taken back. */
  async #unregister(): Promise<void> {
    for (const registration of this.#told) {
      if (this.#wanted.has(registration)) continue;
      const { kind, name, address } = registration;
      const isWantedAgain = [...this.#wanted].some((other) => other.kind === kind && other.name === name);
      try {
        if (!isWantedAgain) await this.#master.call(`unregister${verbs[kind]}`, name, address);
      } catch (error) {
        if (!(error instanceof Refusal || error instanceof XmlFault)) throw error;
      }
      this.#told.delete(registration);
    }
  }

  /** Whether the master knows of other publishers than it has told a subscriber. */
  #hasMissed(registration: Registration, publishing: readonly string[]): boolean {
    const { known } = registration;
    return known !== undefined && (publishing.length !== known() || publishing.join(" ") !== this.#done.get(registration));
  }

  #others(nodes: readonly string[] = []): string[] {
    return nodes.filter((node) => node !== this.#caller);
  }

  #become(graph: ClientState["graph"], reason: string): void {
    const { state } = this;
    if (state.graph === "ended" || (state.graph === graph && state.reason === reason)) return;
    if (graph === "away") this.#done.clear();
    this.state = { graph, since: state.graph === graph ? state.since : Date.now(), reason };
    this.onState();
  }
}
