const mostGone = 1000; // topics that nobody has any more and whose types are still known

/** The types of topics: of those that somebody has, and of those that went last, as tools ask for them. */
export class TopicTypes {
  readonly #types: Map<string, string> = new Map();
  readonly #gone: Set<string> = new Set();

  /** Somebody publishes a topic: the type counts, unless it is `*`, which says nothing. */
  published(topic: string, type: string): void {
    if (type !== "*" || !this.#types.has(topic)) this.#types.set(topic, type);
    this.#gone.delete(topic);
  }

  /** Somebody subscribes to a topic: the type counts where none is known. */
  subscribed(topic: string, type: string): void {
    if (type !== "*" && !this.#types.has(topic)) this.#types.set(topic, type);
    this.#gone.delete(topic);
  }

  /** Nobody has a topic any more. */
  left(topic: string): void {
    if (!this.#types.has(topic)) return;
    this.#gone.delete(topic);
    this.#gone.add(topic);
    if (this.#gone.size <= mostGone) return;
    const [oldest] = this.#gone;
    this.#gone.delete(oldest!);
    this.#types.delete(oldest!);
  }

  of(topic: string): string {
    return this.#types.get(topic) ?? "*";
  }

  get list(): (readonly [topic: string, type: string])[] {
    return [...this.#types];
  }
}
