import { ExportedAction } from "./exported-action.ts";
import type { Direction, Exposure, Rule } from "./exposure.ts";
import { type ActionHealth, actionTopics } from "./goal.ts";
import { ImportedAction } from "./imported-action.ts";
import type { MirrorParts } from "./imported-topic.ts";
import { MirrorSet, type Wanted } from "./mirror-set.ts";
import { ownServices } from "./own-services.ts";

/**
 * Ms for which an action is kept whose server has gone. The master forgets a server that is started anew, and then learns of its topics one
 * by one. Topics that go and come back meanwhile would be lost to a server in rospy: it does not come back to one that it was refused.
 */
const patience = 10_000;

/** Mirrors actions of the ROS graph as generator services, and the other way round, as far as they are exposed, while they come and go. */
export class Actions {
  readonly #parts: MirrorParts;
  readonly #imported: MirrorSet<ActionHealth, ImportedAction>;
  readonly #exported: MirrorSet<ActionHealth, ExportedAction>;
  /** The topics of the actions that are mirrored: they are no streams beside that. */
  readonly #reserved: Set<string>;
  /** Imports whose servers have gone, and until when they are kept, in ms since the epoch. */
  readonly #kept: Map<string, number> = new Map();
  #later: ReturnType<typeof setTimeout> | undefined;
  #topics: readonly string[] = [];
  #import: Exposure;
  #export: Exposure;

  /** @param reserved is kept up: the topics that actions are made of */
  constructor(parts: MirrorParts, reserved: Set<string>, imports: Exposure, exports: Exposure) {
    const refused = (name: string, why: string): void => parts.warn(`the action ${name} cannot be mirrored: ${why}`);
    this.#parts = parts;
    this.#imported = new MirrorSet(refused);
    this.#exported = new MirrorSet(refused);
    this.#reserved = reserved;
    this.#import = imports;
    this.#export = exports;
  }

  get health(): { readonly imported: readonly ActionHealth[]; readonly exported: readonly ActionHealth[] } {
    return { imported: this.#imported.health, exported: this.#exported.health };
  }

  /** Exposes other things from now on. */
  expose(imports: Exposure, exports: Exposure): void {
    this.#import = imports;
    this.#export = exports;
  }

  /**
   * Something in either graph, or in what is exposed, has changed.
   *
   * @param giveWay is called when it is known which topics belong to actions, before they are opened
   */
  update(giveWay: () => void): void {
    const { graph } = this.#parts.client.state;
    if (graph === "ended") {
      giveWay();
      return this.close();
    }
    const servers = this.#servers();
    const exports = this.#wantedExports(servers);
    // While the master is away, what was there is there.
    const imports = graph === "here" ? this.#wantedImports(servers, new Set([...exports.values()].map(({ there }) => there))) : undefined;
    if (imports !== undefined) this.#imported.drop(imports);
    this.#exported.drop(exports);
    for (const topic of this.#topics) this.#reserved.delete(topic);
    const there = [...(imports?.keys() ?? this.#imported.names), ...[...exports.values()].map((wanted) => wanted.there)];
    this.#topics = [...there].flatMap((name) => Object.values(actionTopics(name)));
    for (const topic of this.#topics) this.#reserved.add(topic);
    giveWay();
    if (imports !== undefined) this.#imported.update(imports);
    for (const name of this.#imported.names) this.#imported.get(name)!.isServed = !this.#kept.has(name);
    this.#exported.update(exports);
    clearTimeout(this.#later);
    if (this.#kept.size > 0) this.#later = setTimeout(() => this.update(giveWay), patience);
  }

  /** Rules that expose nothing. */
  idle(direction: Direction): readonly Rule[] {
    const names = direction === "import" ? this.#servers().keys() : this.#parts.view.services.map(({ name }) => name);
    return (direction === "import" ? this.#import : this.#export).unused([...names]);
  }

  close(): void {
    clearTimeout(this.#later);
    this.#imported.close();
    this.#exported.close();
  }

  /** The actions that others in the ROS graph serve, and their types: who hears goals and tells results. */
  #servers(): ReadonlyMap<string, { readonly type: string; readonly nodes: readonly string[] }> {
    const { topics } = this.#parts.client.graph;
    const found = new Map<string, { readonly type: string; readonly nodes: readonly string[] }>();
    for (const { name, type, subscribers } of topics.values()) {
      if (!name.endsWith("/goal") || !type.endsWith("ActionGoal")) continue;
      const action = name.slice(0, -"/goal".length);
      const servers = topics.get(actionTopics(action).result)?.publishers ?? [];
      const nodes = subscribers.filter((node) => servers.includes(node));
      if (nodes.length > 0) found.set(action, { type: type.slice(0, -"ActionGoal".length), nodes });
    }
    return found;
  }

  /** @param taken the actions there that are exported */
  #wantedImports(
    servers: ReadonlyMap<string, { readonly type: string }>,
    taken: ReadonlySet<string>,
  ): ReadonlyMap<string, Wanted<ImportedAction>> {
    const wanted = new Map<string, Wanted<ImportedAction>>();
    for (const [name, { type }] of [...this.#lately(servers, taken), ...servers]) {
      const rule = this.#import.ruleFor(name);
      if (rule === undefined) continue;
      if (rule.type !== undefined && plainType(rule.type) !== type) {
        this.#parts.warn(`the action ${name} cannot be mirrored: its type is ${type} there, not ${rule.type}`);
      } else wanted.set(name, { key: JSON.stringify([type, rule.key]), make: () => new ImportedAction(name, type, rule, this.#parts) });
    }
    return wanted;
  }

  /** The imports whose servers have gone a short time ago. */
  #lately(servers: ReadonlyMap<string, unknown>, taken: ReadonlySet<string>): [string, { readonly type: string }][] {
    const now = Date.now();
    for (const name of this.#imported.names) if (!this.#kept.has(name)) this.#kept.set(name, now + patience);
    for (const [name, end] of this.#kept) {
      if (servers.has(name) || taken.has(name) || now >= end || this.#imported.get(name) === undefined) this.#kept.delete(name);
    }
    return [...this.#kept.keys()].map((name) => [name, { type: this.#imported.get(name)!.type }]);
  }

  #wantedExports(
    servers: ReadonlyMap<string, { readonly nodes: readonly string[] }>,
  ): ReadonlyMap<string, Wanted<ExportedAction> & { readonly there: string }> {
    const wanted = new Map<string, Wanted<ExportedAction> & { readonly there: string }>();
    for (const service of ownServices(this.#parts, this.#export, true)) {
      const { rule, name, ...rest } = service;
      const there = rule.as ?? name;
      // Two servers would both pursue each goal: who is there already stays, and of two that come at once, the first by name.
      const [other] = (servers.get(there)?.nodes ?? []).toSorted();
      if (other !== undefined && (this.#exported.get(name) === undefined || other < this.#parts.client.name)) {
        this.#parts.warn(`the action ${there} cannot be mirrored: ${other} serves it in the ROS graph already`);
        continue;
      }
      wanted.set(name, {
        key: JSON.stringify([rest, rule.key]),
        there,
        make: () => new ExportedAction(service, plainType(service.type), this.#parts),
      });
    }
    return wanted;
  }
}

/** ROS writes both `actionlib/Test` and `actionlib/TestAction`. */
function plainType(type: string): string {
  return type.replace(/Action$/, "");
}
