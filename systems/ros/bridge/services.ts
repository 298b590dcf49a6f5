import { ExportedService } from "./exported-service.ts";
import type { Direction, Exposure, Rule } from "./exposure.ts";
import { groups } from "./groups.ts";
import { ImportedService, type ServiceHealth } from "./imported-service.ts";
import type { MirrorParts } from "./imported-topic.ts";

/** Mirrors services in both directions, as far as they are exposed, while they come and go. */
export class Services {
  readonly #parts: MirrorParts;
  readonly #imported: Map<string, { readonly mirror: ImportedService; readonly rule: Rule }> = new Map();
  readonly #exported: Map<string, { readonly mirror: ExportedService; readonly key: string }> = new Map();
  #import: Exposure;
  #export: Exposure;

  constructor(parts: MirrorParts, imports: Exposure, exports: Exposure) {
    this.#parts = parts;
    this.#import = imports;
    this.#export = exports;
  }

  get health(): { readonly imported: readonly ServiceHealth[]; readonly exported: readonly ServiceHealth[] } {
    const of = (all: Iterable<{ readonly mirror: { readonly health: ServiceHealth } }>): ServiceHealth[] =>
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
    const { graph } = this.#parts.client.state;
    if (graph === "ended") return this.close();
    if (graph === "here") this.#updateImports(); // while the master is away, what was there is taken to be there still
    this.#updateExports();
  }

  /** Rules that expose nothing. */
  idle(direction: Direction): readonly Rule[] {
    const { client, view } = this.#parts;
    if (direction === "export") return this.#export.unused(view.services.map(({ name }) => name));
    return this.#import.unused([...client.graph.services.keys()]);
  }

  close(): void {
    for (const { mirror } of [...this.#imported.values(), ...this.#exported.values()]) mirror.close();
    this.#imported.clear();
    this.#exported.clear();
  }

  #updateImports(): void {
    const { services } = this.#parts.client.graph;
    for (const [name, { mirror, rule }] of this.#imported) {
      const nodes = services.get(name);
      if (nodes !== undefined && this.#import.ruleFor(name) === rule) mirror.setNodes(nodes);
      else {
        this.#imported.delete(name);
        mirror.close();
      }
    }
    for (const [name, nodes] of services) {
      const rule = this.#import.ruleFor(name);
      if (rule === undefined || this.#imported.has(name)) continue;
      this.#try(name, () => this.#imported.set(name, { rule, mirror: new ImportedService(name, nodes, rule, this.#parts) }));
    }
  }

  #updateExports(): void {
    const { view, origin, warn } = this.#parts;
    const wanted = new Map<string, { readonly key: string; readonly make: () => ExportedService }>();
    for (const [name, entries] of groups(view.services)) {
      const rule = this.#export.ruleFor(name);
      const own = entries.filter((entry) => entry.origin !== origin);
      if (rule === undefined || own.length === 0) continue;
      const type = rule.type ?? own.find((entry) => entry.type !== undefined)?.type;
      if (type === undefined) {
        warn(
          `the service ${name} is exported by ${rule.glob.text}, and nothing says its ROS type: give type in the serviceOptions of its ` +
            "definition, or in this list",
        );
        continue;
      }
      const providers = own.map(({ owner }) => owner);
      const isMixed = own.length < entries.length;
      const key = JSON.stringify([type, rule.as, rule.timeout, providers, isMixed]);
      wanted.set(name, { key, make: () => new ExportedService(name, type, rule, providers, isMixed, this.#parts) });
    }
    for (const [name, { mirror, key }] of this.#exported) {
      if (wanted.get(name)?.key === key) continue;
      this.#exported.delete(name);
      mirror.close();
    }
    for (const [name, { key, make }] of wanted) {
      if (!this.#exported.has(name)) this.#try(name, () => this.#exported.set(name, { key, mirror: make() }));
    }
  }

  #try(name: string, make: () => void): void {
    try {
      make();
    } catch (error) {
      this.#parts.warn(`the service ${name} cannot be mirrored: ${(error as Error).message}`);
    }
  }
}
