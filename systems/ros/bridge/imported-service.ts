import type { ServiceCaller } from "../client/client.ts";
import type { Treatment } from "./exposure.ts";
import type { MirrorParts } from "./imported-topic.ts";

/** What is known of a mirrored service. */
export interface ServiceHealth {
  /** Its name in this graph. */
  readonly service: string;
  /** Its name in the ROS graph. */
  readonly there: string;
  /** Its ROS type; empty where that is not known yet. */
  readonly type: string;
  /** The node of the ROS graph that provides it; of what is exported, the nodes of this graph. */
  readonly providers: readonly string[];
  /** Whether it can be called on the side that it leads to. */
  readonly active: boolean;
  /** Calls that have settled. */
  readonly calls: number;
  /** Those of them that came to an error. */
  readonly failed: number;
  /** Why it is not mirrored; empty else. */
  readonly problem: string;
}

/** A service of the ROS graph that is one here, while its provider is there and says what it is. */
export class ImportedService {
  readonly there: string;
  readonly #treatment: Treatment;
  readonly #parts: MirrorParts;
  readonly #caller: ServiceCaller;
  #nodes: string;
  #provided: { close(): void } | undefined;
  #providedType = "";
  #calls = 0;
  #failed = 0;
  #problem = "";

  /**
   * @param there its name in the ROS graph
   * @param nodes that provide it there, as the master says
   */
  constructor(there: string, nodes: readonly string[], treatment: Treatment, parts: MirrorParts) {
    this.there = there;
    this.#nodes = nodes.join();
    this.#treatment = treatment;
    this.#parts = parts;
    const { type } = treatment;
    this.#caller = parts.client.use(there, { ...(type === undefined ? {} : { type }), onInfo: () => this.#see() });
  }

  get health(): ServiceHealth {
    const { type, node, reason } = this.#caller.info;
    return {
      service: this.#name,
      there: this.there,
      type,
      providers: node === "" ? [] : [node],
      active: this.#provided !== undefined,
      calls: this.#calls,
      failed: this.#failed,
      problem: reason || this.#problem,
    };
  }

  /** Who provides it now, as the master says. */
  setNodes(nodes: readonly string[]): void {
    if (nodes.join() === this.#nodes) return;
    this.#nodes = nodes.join();
    this.#caller.refresh();
  }

  close(): void {
    this.#withdraw();
    this.#caller.close();
  }

  get #name(): string {
    return this.#treatment.as ?? this.there;
  }

  #see(): void {
    const { state, type, reason } = this.#caller.info;
    if (state !== "ready" || type !== this.#providedType) this.#withdraw();
    if (state === "ready" && this.#provided === undefined) this.#provide(type);
    if (reason !== "") this.#parts.warn(`the service ${this.there} cannot be imported: ${reason}`);
  }

  #provide(type: string): void {
    const { view, origin, warn } = this.#parts;
    try {
      this.#provided = view.provide(this.#name, async (input, { signal }) => this.#call(input, signal), { type, origin });
      this.#providedType = type;
      this.#problem = "";
    } catch (error) {
      this.#problem = (error as Error).message;
      warn(`the service ${this.there} cannot be imported: ${this.#problem}`);
    }
  }

  #withdraw(): void {
    this.#provided?.close();
    this.#provided = undefined;
  }

  async #call(input: unknown, signal: AbortSignal): Promise<unknown> {
    try {
      return await this.#caller.call(input, signal);
    } catch (error) {
      this.#failed++;
      throw error;
    } finally {
      this.#calls++;
    }
  }
}
