import type { SystemContext } from "../../../src/frame/system.ts";
import { once } from "../bridge/groups.ts";
import { Entities } from "./entities.ts";
import type { Fields } from "./fields.ts";

/** How entities read. */
export interface IncomingOptions {
  readonly terms: readonly object[];
  readonly topicOf: (entity: number) => string;
  readonly type: string;
  readonly fields: Fields;
  /** Hz, at most. */
  readonly rate: number | undefined;
}

/** An entity whose stream is read. */
interface EntityInput {
  readonly entity: number;
  readonly topic: string;
  /** What has come and is not taken yet. */
  newest: unknown;
  close(): void;
}

/** Reads a stream for each entity: the newest item is taken in the system's turn. */
export class Incoming {
  readonly #options: IncomingOptions;
  readonly #context: SystemContext;
  readonly #warn: (text: string) => void;
  readonly #entities: Entities<EntityInput>;
  readonly #full: Set<EntityInput> = new Set();

  constructor(context: SystemContext, options: IncomingOptions) {
    this.#options = options;
    this.#context = context;
    this.#warn = once((text) => context.log.warn("{text}", { text }));
    this.#entities = new Entities(context.world, options.terms, (entity) => this.#keep(entity), ({ message }) => this.#warn(message));
  }

  run(): void {
    this.#entities.update();
    const { fields, type } = this.#options;
    for (const input of this.#full) {
      const problem = fields.take(input.entity, input.newest);
      if (problem !== undefined) this.#warn(`an item of ${input.topic} does not fit its component as ${type}: ${problem}`);
    }
    this.#full.clear();
  }

  close(): void {
    this.#entities.close();
  }

  #keep(entity: number): EntityInput {
    const { topicOf, rate } = this.#options;
    const topic = topicOf(entity);
    const full = this.#full;
    const subscription = this.#context.stream<unknown>(topic, { depth: 1, ...(rate === undefined ? {} : { maxRate: rate }) });
    const input: EntityInput = {
      entity,
      topic,
      newest: undefined,
      close() {
        full.delete(input);
        subscription.close();
      },
    };
    subscription.on((item) => {
      input.newest = item;
      full.add(input);
    });
    return input;
  }
}
