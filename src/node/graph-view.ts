import { observe, onAdd, onRemove } from "bitecs";
import { entries, IsStream } from "../graph/world.ts";
import { sizeOf } from "../value/size.ts";
import type { StreamOptions, SubscribeOptions } from "../stream/options.ts";
import type { ItemInfo } from "../stream/run.ts";
import type { Publisher } from "../stream/publisher.ts";
import type { StreamEntry } from "../stream/streams.ts";
import { Subscription } from "../stream/subscription.ts";
import type { BaseContext } from "./context.ts";
import type { Life } from "./life.ts";
import { lifeOf } from "./live-context.ts";

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

  /** The same in all engines of a graph, and another one in another graph, unless both have the same `seed`. */
  get mark(): string {
    return this.#life.kernel.random("graph").next().toString(36).slice(2);
  }

  /** The streams of the graph, in the order of their names, one entry a publisher. */
  get streams(): readonly StreamEntry[] {
    return entries<StreamEntry>(this.#life.kernel.world, "stream");
  }

  /**
   * Hears of streams that come and go, once a turn.
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
    const stops = [observe(world, onAdd(IsStream), changed), observe(world, onRemove(IsStream), changed)];
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
   */
  subscribe(name: string, options: SubscribeOptions, onItem: (value: unknown, info: ItemInfo) => void): { close(): void } {
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
