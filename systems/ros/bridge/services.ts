import { ExportedService } from "./exported-service.ts";
import type { Direction, Exposure, Rule } from "./exposure.ts";
import { ImportedService, type ServiceHealth } from "./imported-service.ts";
import type { MirrorParts } from "./imported-topic.ts";
import { MirrorSet, type Wanted } from "./mirror-set.ts";
import { ownServices } from "./own-services.ts";

/** Mirrors services in both directions, as far as they are exposed, while they come and go. */
export class Services {
  readonly #parts: MirrorParts;
  readonly #imported: MirrorSet<ServiceHealth, ImportedService>;
  readonly #exported: MirrorSet<ServiceHealth, ExportedService>;
  #import: Exposure;
  #export: Exposure;

  constructor(parts: MirrorParts, imports: Exposure, exports: Exposure) {
    const refused = (name: string, why: string): void => parts.warn(`the service ${name} cannot be mirrored: ${why}`);
    this.#parts = parts;
    this.#imported = new MirrorSet(refused);
    this.#exported = new MirrorSet(refused);
    this.#import = imports;
    this.#export = exports;
  }

  get health(): { readonly imported: readonly ServiceHealth[]; readonly exported: readonly ServiceHealth[] } {
    return { imported: this.#imported.health, exported: this.#exported.health };
  }

  /** Exposes other things from now on. */
  expose(imports: Exposure, exports: Exposure): void {
    this.#import = imports;
    this.#export = exports;
  }

  /** Something in either graph, or in what is exposed, has changed. */
  update(): void {
    const { graph } = this.#parts.client.state;
    if (graph === "ended") return this.close();
    if (graph === "here") this.#updateImports(); // while the master is away, what was there is taken to be there still
    const wanted = new Map<string, Wanted<ExportedService>>();
    for (const service of ownServices(this.#parts, this.#export, false)) {
      const { rule, ...rest } = service;
      wanted.set(service.name, {
        key: JSON.stringify([rest, rule.key]),
        make: () => new ExportedService(service, this.#parts),
      });
    }
    this.#exported.update(wanted);
  }

  /** Rules that expose nothing. */
  idle(direction: Direction): readonly Rule[] {
    const { client, view } = this.#parts;
    if (direction === "export") return this.#export.unused(view.services.map(({ name }) => name));
    return this.#import.unused([...client.graph.services.keys()]);
  }

  close(): void {
    this.#imported.close();
    this.#exported.close();
  }

  #updateImports(): void {
    const { services } = this.#parts.client.graph;
    const wanted = new Map<string, Wanted<ImportedService>>();
    for (const [name, nodes] of services) {
      const rule = this.#import.ruleFor(name);
      if (rule === undefined) continue;
      wanted.set(name, { key: rule.key, make: () => new ImportedService(name, nodes, rule, this.#parts) });
    }
    this.#imported.update(wanted);
    for (const name of this.#imported.names) this.#imported.get(name)!.setNodes(services.get(name)!);
  }
}
