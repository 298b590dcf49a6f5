import type { SystemContext } from "../../../src/frame/system.ts";
import { type BridgeOutput, GraphView } from "../../../src/node/graph-view.ts";
import { once } from "../bridge/groups.ts";
import { Entities } from "./entities.ts";
import type { Fields } from "./fields.ts";

/** How entities are published. */
export interface OutgoingOptions {
  readonly terms: readonly object[];
  readonly topicOf: (entity: number) => string;
  readonly type: string;
  readonly fields: Fields;
  /** Seconds between two items of an entity, at least. */
  readonly period: number;
  /** Whether only what has changed is sent. */
  readonly changed: boolean;
}

/** Publishes a stream for each entity, of which only those cost something that are heard. */
export class Outgoing {
  readonly #options: OutgoingOptions;
  readonly #view: GraphView;
  readonly #entities: Entities<EntityOutput>;
  readonly #heard: Set<EntityOutput> = new Set();
  /** Seconds until items are due again; undefined before the first frame. */
  #wait: number | undefined;

  constructor(context: SystemContext, options: OutgoingOptions) {
    this.#options = options;
    this.#view = new GraphView(context);
    const warn = once((text) => context.log.warn("{text}", { text }));
    this.#entities = new Entities(context.world, options.terms, (entity) => this.#keep(entity), ({ message }) => warn(message));
  }

  run(dt: number): void {
    this.#entities.update();
    this.#wait = (this.#wait ?? dt) - dt;
    if (this.#wait > 1e-9) return; // sums of steps are not exact
    this.#wait = Math.max(0, this.#wait + this.#options.period);
    for (const output of this.#heard) output.send();
  }

  close(): void {
    this.#entities.close();
  }

  #keep(entity: number): EntityOutput {
    const { fields, topicOf, type, changed } = this.#options;
    return new EntityOutput(this.#view, topicOf(entity), type, entity, fields, changed, this.#heard);
  }
}

class EntityOutput {
  readonly #entity: number;
  readonly #fields: Fields;
  readonly #heard: Set<EntityOutput>;
  readonly #output: BridgeOutput;
  /** What was sent last; undefined where it does not matter. */
  #sent: unknown[] | undefined;
  readonly #changed: boolean;

  constructor(view: GraphView, topic: string, type: string, entity: number, fields: Fields, changed: boolean, heard: Set<EntityOutput>) {
    this.#entity = entity;
    this.#fields = fields;
    this.#changed = changed;
    this.#heard = heard;
    this.#output = view.publish(topic, { type, latched: changed }, () => this.#hear());
    this.#hear();
  }

  send(): void {
    if (this.#changed && !this.#fields.differ(this.#entity, this.#sent ??= [])) return;
    this.#output.hand(this.#fields.make(this.#entity));
  }

  close(): void {
    this.#heard.delete(this);
    this.#output.close();
  }

  #hear(): void {
    if (this.#output.heard) this.#heard.add(this);
    else {
      this.#heard.delete(this);
      this.#sent = undefined; // who hears it next hears how it is then
    }
  }
}
