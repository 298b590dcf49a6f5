import type { StreamEntry } from "../../../src/stream/streams.ts";
import { ExportedStream } from "./exported-stream.ts";
import type { Exposure, Rule, Treatment } from "./exposure.ts";
import { ImportedTopic, type MirrorHealth, type MirrorParts } from "./imported-topic.ts";

/** Mirrors topics as streams and streams as topics, as far as they are exposed, while they come and go. */
export class Topics {
  readonly #parts: MirrorParts;
  readonly #imported: Map<string, { readonly mirror: ImportedTopic; readonly rule: Rule }> = new Map();
  readonly #exported: Map<string, { readonly mirror: ExportedStream; readonly key: string }> = new Map();
  /** What was said already, so that it is said once. */
  readonly #told: Set<string> = new Set();
  #import: Exposure;
  #export: Exposure;

  constructor(parts: MirrorParts, imports: Exposure, exports: Exposure) {
    this.#parts = parts;
    this.#import = imports;
    this.#export = exports;
  }

  get health(): { readonly imported: readonly MirrorHealth[]; readonly exported: readonly MirrorHealth[] } {
    const of = (all: Iterable<{ readonly mirror: { readonly health: MirrorHealth } }>): MirrorHealth[] =>
      [...all].map(({ mirror }) => mirror.health);
    return { imported: of(this.#imported.values()), exported: of(this.#exported.values()) };
  }

  /** Exposes other things from now on. */
  expose(imports: Exposure, exports: Exposure): void {
    this.#import = imports;
    this.#export = exports;
    this.update();
  }

  /** Something in either graph, or in what is exposed, has changed. */
  update(): void {
    if (this.#parts.client.state.graph === "ended") return this.close();
    this.#updateImports();
    this.#updateExports();
  }

  /** Rules that expose nothing. */
  get idle(): readonly { readonly direction: "import" | "export"; readonly rule: Rule }[] {
    const { client, view } = this.#parts;
    const unused = (exposure: Exposure, names: readonly string[]): Rule[] =>
      exposure.rules.filter(({ glob }) => !names.some((name) => glob.matches(name)));
    const topics = [...client.graph.topics.values()].filter(({ publishers }) => publishers.length > 0).map(({ name }) => name);
    const streams = view.streams.map(({ name }) => name);
    return [
      ...unused(this.#import, topics).map((rule) => ({ direction: "import" as const, rule })),
      ...unused(this.#export, streams).map((rule) => ({ direction: "export" as const, rule })),
    ];
  }

  close(): void {
    for (const { mirror } of [...this.#imported.values(), ...this.#exported.values()]) mirror.close();
    this.#imported.clear();
    this.#exported.clear();
  }

  #updateImports(): void {
    const { topics } = this.#parts.client.graph;
    // A name in a list is a stream before anybody publishes the topic: who listens early misses nothing.
    const names = new Set(this.#import.rules.filter(({ glob }) => glob.isName).map(({ glob }) => glob.text));
    for (const { name, publishers } of topics.values()) if (publishers.length > 0) names.add(name);
    const wanted = new Map<string, Rule>();
    for (const name of names) {
      const rule = this.#import.ruleFor(name);
      if (rule !== undefined) wanted.set(name, rule);
    }
    for (const [name, { mirror, rule }] of this.#imported) {
      if (wanted.get(name) === rule) mirror.setType(topics.get(name)?.type ?? "*");
      else if (this.#import.ruleFor(name) !== rule || !mirror.isConnected) {
        this.#imported.delete(name); // else, a master has forgotten it, and its publisher has not
        mirror.close();
      }
    }
    for (const [name, rule] of wanted) {
      if (this.#imported.has(name)) continue;
      this.#try(name, () => {
        this.#imported.set(name, { rule, mirror: new ImportedTopic(name, topics.get(name)?.type ?? "*", rule, this.#parts) });
      });
    }
  }

  #updateExports(): void {
    const wanted = new Map<string, { readonly key: string; readonly make: () => ExportedStream }>();
    for (const [stream, entries] of groups(this.#parts.view.streams)) {
      const rule = this.#export.ruleFor(stream);
      const own = entries.filter(({ options }) => options?.origin !== this.#parts.origin);
      if (rule === undefined || own.length === 0) continue;
      const type = rule.type ?? own.map(({ options }) => options?.type).find((found) => typeof found === "string");
      if (type === undefined) {
        this.#tell(
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
    for (const [stream, { mirror, key }] of this.#exported) {
      if (wanted.get(stream)?.key === key) continue;
      this.#exported.delete(stream);
      mirror.close();
    }
    for (const [stream, { key, make }] of wanted) {
      if (!this.#exported.has(stream)) this.#try(stream, () => this.#exported.set(stream, { key, mirror: make() }));
    }
  }

  #try(name: string, make: () => void): void {
    try {
      make();
    } catch (error) {
      this.#tell(`${name} cannot be mirrored: ${(error as Error).message}`);
    }
  }

  #tell(text: string): void {
    if (this.#told.has(text)) return;
    if (this.#told.size > 10_000) this.#told.clear();
    this.#told.add(text);
    this.#parts.warn(text);
  }
}

function groups(entries: readonly StreamEntry[]): Map<string, StreamEntry[]> {
  const found = new Map<string, StreamEntry[]>();
  for (const entry of entries) {
    const list = found.get(entry.name);
    if (list === undefined) found.set(entry.name, [entry]);
    else list.push(entry);
  }
  return found;
}
