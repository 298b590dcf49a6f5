import { observe, onAdd, onRemove, query } from "bitecs";
import type { GraphWorld } from "../../../src/graph/world.ts";

/** What is kept for an entity while it is there. */
export interface Kept {
  close(): void;
}

/** The entities of a query, each with what is kept for it. */
export class Entities<K extends Kept> {
  readonly #keep: (entity: number) => K;
  readonly #refused: (error: Error) => void;
  readonly #all: Map<number, K> = new Map();
  /** Those that have come: what they are is known when they are looked at. */
  readonly #fresh: Set<number>;
  /** Those for which nothing can be kept, until another one goes. */
  readonly #waiting: Set<number> = new Set();
  readonly #stops: readonly (() => void)[];

  /**
   * @param keep makes what is kept for an entity
   * @param refused is told what `keep` throws
   */
  constructor(world: GraphWorld, terms: readonly object[], keep: (entity: number) => K, refused: (error: Error) => void) {
    this.#keep = keep;
    this.#refused = refused;
    this.#fresh = new Set(query(world, terms as object[]));
    this.#stops = [
      observe(world, onAdd(...(terms as object[])), (entity) => void this.#fresh.add(entity)),
      observe(world, onRemove(...(terms as object[])), (entity) => this.#gone(entity)),
    ];
  }

  /** Looks at those that have come. */
  update(): void {
    for (const entity of this.#fresh) {
      this.#fresh.delete(entity);
      if (this.#all.has(entity)) continue;
      try {
        this.#all.set(entity, this.#keep(entity));
      } catch (error) {
        this.#waiting.add(entity);
        this.#refused(error as Error);
      }
    }
  }

  close(): void {
    for (const stop of this.#stops) stop();
    for (const kept of this.#all.values()) kept.close();
    this.#all.clear();
  }

  #gone(entity: number): void {
    this.#fresh.delete(entity);
    this.#waiting.delete(entity);
    const kept = this.#all.get(entity);
    if (kept === undefined) return;
    this.#all.delete(entity);
    kept.close();
    for (const other of this.#waiting) this.#fresh.add(other);
    this.#waiting.clear();
  }
}
