import { plainName } from "../message/definition.ts";
import { ExportedStream } from "./exported-stream.ts";
import type { Direction, Exposure, Rule, Treatment } from "./exposure.ts";
import { groups } from "./groups.ts";
import { ImportedTopic, type MirrorHealth, type MirrorParts } from "./imported-topic.ts";
import { MirrorSet, type Wanted } from "./mirror-set.ts";

/** Mirrors topics as streams and streams as topics, as far as they are exposed, while they come and go. */
export class Topics {
  readonly #parts: MirrorParts;
  readonly #imported: Map<string, { readonly mirror: ImportedTopic; readonly rule: Rule }> = new Map();
  readonly #exported: MirrorSet<MirrorHealth, ExportedStream>;
  #import: Exposure;
  #export: Exposure;

  constructor(parts: MirrorParts, imports: Exposure, exports: Exposure) {
    this.#parts = parts;
    this.#exported = new MirrorSet((name, why) => this.#refused(name, why));
    this.#import = imports;
    this.#export = exports;
  }

  get health(): { readonly imported: readonly MirrorHealth[]; readonly exported: readonly MirrorHealth[] } {
    return { imported: [...this.#imported.values()].map(({ mirror }) => mirror.health), exported: this.#exported.health };
  }

  /** Exposes other things from now on. */
  expose(imports: Exposure, exports: Exposure): void {
    this.#import = imports;
    this.#export = exports;
  }

  /** Something in either graph, or in what is exposed, has changed. */
  update(): void {
    if (this.#parts.client.state.graph === "ended") return this.close();
    this.#updateImports();
    this.#updateExports();
  }

  /** Rules that expose nothing. */
  idle(direction: Direction): readonly Rule[] {
    const { client, view } = this.#parts;
    if (direction === "export") return this.#export.unused(view.streams.map(({ name }) => name));
    return this.#import.unused([...client.graph.topics.values()].filter(({ publishers }) => publishers.length > 0).map(({ name }) => name));
  }

  close(): void {
    for (const { mirror } of this.#imported.values()) mirror.close();
    this.#imported.clear();
    this.#exported.close();
  }

  #updateImports(): void {
    const { client: { graph: { topics } }, reserved } = this.#parts;
    // A name in a list is a stream before anybody publishes the topic: who listens early misses nothing.
    const names = new Set(this.#import.rules.filter(({ glob }) => glob.isName).map(({ glob }) => glob.text));
    for (const { name, publishers } of topics.values()) if (publishers.length > 0) names.add(name);
    const wanted = new Map<string, Rule>();
    for (const name of names) {
      const rule = this.#import.ruleFor(name);
      if (rule !== undefined && !reserved.has(name)) wanted.set(name, rule);
    }
    for (const [name, { mirror, rule }] of this.#imported) {
      if (wanted.get(name)?.key === rule.key) mirror.setType(topics.get(name)?.type ?? "*");
      else if (this.#import.ruleFor(name)?.key !== rule.key || reserved.has(name) || !mirror.isConnected) {
        this.#imported.delete(name); // else, a master has forgotten it, and its publisher has not
        mirror.close();
      }
    }
    for (const [name, rule] of wanted) {
      if (this.#imported.has(name)) continue;
      try {
        this.#imported.set(name, { rule, mirror: new ImportedTopic(name, topics.get(name)?.type ?? "*", rule, this.#parts) });
      } catch (error) {
        this.#refused(name, (error as Error).message);
      }
    }
  }

  #updateExports(): void {
    const wanted = new Map<string, Wanted<ExportedStream>>();
    for (const [stream, entries] of groups(this.#parts.view.streams)) {
      const rule = this.#export.ruleFor(stream);
      const own = entries.filter(({ options }) => options?.origin !== this.#parts.origin);
      if (rule === undefined || own.length === 0) continue;
      const declared = own.map(({ options }) => options?.type).find((found) => typeof found === "string");
      const type = rule.type ?? (declared === undefined ? undefined : plainName(declared));
      if (type === undefined) {
        this.#parts.warn(
          `${stream} is exported by ${rule.glob.text}, and nothing says its ROS type: give type in its definition, or in this list`,
        );
        continue;
      }
      const latched = rule.latched ?? own.some(({ options }) => options?.latched === true);
      const ignored = new Set(entries.filter((entry) => !own.includes(entry)).map(({ owner }) => owner));
      const treatment: Treatment = rule;
      const key = JSON.stringify([type, latched, treatment.as, treatment.depth, treatment.maxRate, [...ignored]]);
      wanted.set(stream, { key, make: () => new ExportedStream(stream, type, latched, treatment, ignored, this.#parts) });
    }
    this.#exported.update(wanted);
  }

  #refused(name: string, why: string): void {
    this.#parts.warn(`${name} cannot be mirrored: ${why}`);
  }
}
