import { observe, onAdd, onRemove } from "bitecs";
import { entries, IsService, IsStream } from "../graph/world.ts";
import type { Timer } from "../time/timers.ts";
import { sizeOf } from "../value/size.ts";
import type { StreamOptions, SubscribeOptions } from "../stream/options.ts";
import type { ItemInfo } from "../stream/run.ts";
import type { CallOptions } from "../service/call.ts";
import type { ServiceOptions } from "../service/provider.ts";
import type { ServiceEntry } from "../service/services.ts";
import type { Publisher } from "../stream/publisher.ts";
import type { StreamEntry } from "../stream/streams.ts";
import { Subscription } from "../stream/subscription.ts";
import type { BaseContext } from "./context.ts";
import type { Life } from "./life.ts";
import { lifeOf } from "./live-context.ts";

/** A stream that a bridge reads, for as long as it wants. */
export interface BridgeInput {
  /** What is known of the item that came last. */
  readonly info: ItemInfo | undefined;
  /** Reads no longer. */
  close(): void;
}

/** A stream that a bridge publishes, for as long as it wants. */
export interface BridgeOutput {
  /** Whether somebody subscribes, the bridge itself left out. */
  readonly heard: boolean;
  /**
   * Sends a value that the bridge has made for this, and does not touch any more: it is not copied.
   *
   * @param value in canonical form
   * @param bytes its size; it is measured where it is not known
   */
  hand(value: unknown, bytes?: number): void;
  /** Publishes the same in another way; the last item of a latched stream stays. */
  renew(options: StreamOptions): void;
  /** Publishes no longer. */
  close(): void;
}

/** A service of the graph, of one of its providers. */
export interface BridgeService {
  readonly name: string;
  /** The node that provides it. */
  readonly owner: string;
  /** What it is in the words of a bridge. */
  readonly type: string | undefined;
  /** The other graph that answers, where it is one. */
  readonly origin: string | undefined;
  /** Whether calls yield progress. */
  readonly generator: boolean;
}

/**
 * The graph around a node, as a bridge sees it, in whatever engine it runs.
 *
 * It is no part of a node's context: a node that looked around would change with its place. A bridge is there to do so.
 */
export class GraphView {
  readonly #life: Life;

  /** @param context of the bridge's node */
  constructor(context: BaseContext) {
    this.#life = lifeOf(context);
  }

  /** Absolute name of the bridge's node. */
  get name(): string {
    return this.#life.name;
  }

  /** Which graph it is: the same in all its engines, and another one whenever a graph starts. */
  get graph(): string {
    return this.#life.kernel.graph;
  }

  /** Whether time is simulated. */
  get simulated(): boolean {
    return this.#life.kernel.dispatcher.simulated;
  }

  /** Now, in ms of the engine's clock. */
  get time(): number {
    return this.#life.kernel.dispatcher.clock.now();
  }

  /**
   * Calls back every so many ms of the engine's clock, until it is closed, or the node ends. Simulated time does not pass because of it.
   *
   * @param ms of which each moment is a whole multiple
   * @param callback must not throw
   */
  every(ms: number, callback: () => void): { close(): void } {
    const { clock } = this.#life.kernel.dispatcher;
    let count = 0;
    const next = (): Timer => {
      const now = clock.now();
      count = Math.max(count, Math.floor(now / ms));
      while (count * ms <= now) count++;
      return clock.beats.at(count * ms, () => {
        timer = next();
        callback();
      });
    };
    let timer = next();
    void this.#life.kernel.external(() => {}); // the main engine hears of it, wherever it is
    const stop = (): void => clock.beats.cancel(timer);
    const undo = this.#life.cleanup(stop);
    return {
      close: () => {
        undo();
        stop();
      },
    };
  }

  /**
   * Simulated time follows a clock outside from now on: it runs no further than that, frame by frame, and stands where that stands.
   *
   * @param to what that clock says, in ms
   * @param leap whether time goes there without frames: what is due by then happens there
   */
  follow(to: number, leap: boolean): void {
    this.#life.kernel.follow(to, leap);
  }

  /** The streams of the graph, in the order of their names, one entry a publisher. */
  get streams(): readonly StreamEntry[] {
    return entries<StreamEntry>(this.#life.kernel.world, "stream");
  }

  /** The services of the graph, in the order of their names, one entry a provider. */
  get services(): readonly BridgeService[] {
    return entries<ServiceEntry>(this.#life.kernel.world, "service").map(({ name, owner, provider: { type, origin, generator } }) => ({
      name,
      owner,
      type,
      origin,
      generator,
    }));
  }

  /**
   * Hears of streams and services that come and go, once a turn.
   *
   * @returns hears no longer; the end of the node does the same
   */
  onChange(callback: () => void): () => void {
    const { world } = this.#life.kernel;
    let told = true;
    const changed = (): void => {
      if (!told) return;
      told = false;
      queueMicrotask(() => {
        told = true;
        if (!this.#life.hasEnded) callback();
      });
    };
    const stops = [IsStream, IsService].flatMap((kind) => [observe(world, onAdd(kind), changed), observe(world, onRemove(kind), changed)]);
    const stop = (): void => stops.forEach((end) => end());
    const undo = this.#life.cleanup(stop);
    return () => {
      undo();
      stop();
    };
  }

  /**
   * Reads a stream until it is closed, or the node ends.
   *
   * @param name absolute, as {@link GraphView.streams} has it
   * @param onItem is called for each item; it must not throw
   * @returns also tells what is known of the item that came last
   */
  subscribe(name: string, options: SubscribeOptions, onItem: (value: unknown, info: ItemInfo) => void): BridgeInput {
    return this.#life.subscribe<unknown>(name, options, true).on(onItem);
  }

  /**
   * Publishes a stream until it is closed, or the node ends.
   *
   * @param name as the node declares streams: absolute with a leading `/`
   * @param onAudience called when somebody subscribes, or does no longer
   * @throws DeclarationError when the node publishes it already, NameError when the name breaks the rules
   */
  publish(name: string, options: StreamOptions, onAudience: () => void): BridgeOutput {
    return new Output(this.#life, name, options, onAudience);
  }

  /**
   * Provides a service until it is closed, or the node ends. Errors of Pyros that the handler throws reach the caller as they are.
   *
   * @param name as the node declares services: absolute with a leading `/`
   * @param handler an async function or generator; `signal` fires when nobody wants the answer any more
   * @throws DeclarationError when the node provides it already, NameError when the name breaks the rules
   */
  provide(
    name: string,
    handler: (input: unknown, context: { readonly signal: AbortSignal }) => unknown,
    options: Pick<ServiceOptions, "type" | "origin">,
  ): { close(): void } {
    this.#life.provide(name, handler, { ...options, relay: true });
    return { close: () => this.#life.ended === undefined && this.#life.withdraw(name) };
  }

  /** The names of all params of the graph. */
  get params(): readonly string[] {
    return entries(this.#life.kernel.world, "param").map(({ name }) => name);
  }

  /** A copy of a param or a subtree, by its absolute name; undefined where there is none. */
  read(name: string): unknown {
    return this.#life.kernel.params.read(name);
  }

  /**
   * Hears of params that change, once a turn, until it is closed, or the node ends.
   *
   * @param base absolute name of a param or a subtree; `/` for all
   * @param onChange gets the names of leaves that were set, and of leaves and subtrees that were deleted; it must not throw
   */
  watch(base: string, onChange: (changed: readonly string[], deleted: readonly string[]) => void): { close(): void } {
    const life = this.#life;
    const stop = life.kernel.params.watch(base, (_, { changed, deleted }) => onChange(changed, deleted), (error) => life.crash(error));
    const undo = life.cleanup(stop);
    return {
      close: () => {
        undo();
        stop();
      },
    };
  }

  /**
   * Sets params, all or none.
   *
   * @param values by absolute names
   */
  set(values: readonly (readonly [name: string, value: unknown])[]): Promise<number> {
    return this.#life.kernel.params.set(this.#life, values);
  }

  /** Deletes a param or a subtree. */
  delete(name: string): Promise<number> {
    return this.#life.kernel.params.delete(this.#life, name);
  }

  /**
   * Calls a service.
   *
   * @param name absolute, as {@link GraphView.services} has it
   */
  call(name: string, input: unknown, options: CallOptions): Promise<unknown> & AsyncIterable<unknown> {
    return this.#life.kernel.services.callByName(this.#life, name, (absolute) => absolute, input, options) as never;
  }
}

class Output implements BridgeOutput {
  readonly #life: Life;
  readonly #name: string;
  readonly #onAudience: () => void;
  readonly #undo: () => void;
  #publisher: Publisher;

  constructor(life: Life, name: string, options: StreamOptions, onAudience: () => void) {
    this.#life = life;
    this.#name = life.names.declared(name);
    this.#onAudience = onAudience;
    this.#publisher = this.#publish(options);
    this.#undo = life.cleanup(() => this.#unpublish());
  }

  get heard(): boolean {
    const life = this.#life;
    return this.#publisher.topic.subscriptions.some((receiver) => !(receiver instanceof Subscription && receiver.sender === life));
  }

  hand(value: unknown, bytes: number = sizeOf(value)): void {
    this.#publisher.hand(value, bytes);
  }

  renew(options: StreamOptions): void {
    const before = this.#publisher.depart();
    this.#unpublish();
    this.#publisher = this.#publish(options);
    this.#publisher.restore(before);
  }

  close(): void {
    this.#undo();
    this.#unpublish();
  }

  #publish(options: StreamOptions): Publisher {
    const publisher = this.#life.kernel.streams.publish(this.#name, this.#life, options);
    publisher.onAudience = this.#onAudience;
    return publisher;
  }

  #unpublish(): void {
    this.#publisher.onAudience = undefined;
    this.#life.kernel.streams.unpublish(this.#publisher);
  }
}
