/** Something that is mirrored. */
export interface Mirror<H> {
  readonly health: H;
  close(): void;
}

/** What is to be mirrored under a name. */
export interface Wanted<M> {
  /** What it is made of: with another one, it is made anew. */
  readonly key: unknown;
  /** @throws RosError why it cannot be */
  readonly make: () => M;
}

/** What is mirrored, by names: whatever is wanted comes, and what is not wanted any more goes. */
export class MirrorSet<H, M extends Mirror<H>> {
  readonly #all: Map<string, { readonly mirror: M; readonly key: unknown }> = new Map();
  readonly #refused: (name: string, why: string) => void;

  /** @param refused is told what cannot be mirrored */
  constructor(refused: (name: string, why: string) => void) {
    this.#refused = refused;
  }

  get health(): H[] {
    return [...this.#all.values()].map(({ mirror }) => mirror.health);
  }

  get names(): IterableIterator<string> {
    return this.#all.keys();
  }

  get(name: string): M | undefined {
    return this.#all.get(name)?.mirror;
  }

  /** Ends what is not wanted as it is. */
  drop(wanted: ReadonlyMap<string, Wanted<M>>): void {
    for (const [name, { mirror, key }] of this.#all) {
      if (wanted.has(name) && wanted.get(name)!.key === key) continue;
      this.#all.delete(name);
      mirror.close();
    }
  }

  /** Ends what is not wanted as it is, and begins what is not there. */
  update(wanted: ReadonlyMap<string, Wanted<M>>): void {
    this.drop(wanted);
    for (const [name, { key, make }] of wanted) {
      if (this.#all.has(name)) continue;
      try {
        this.#all.set(name, { key, mirror: make() });
      } catch (error) {
        this.#refused(name, (error as Error).message);
      }
    }
  }

  close(): void {
    for (const { mirror } of this.#all.values()) mirror.close();
    this.#all.clear();
  }
}
