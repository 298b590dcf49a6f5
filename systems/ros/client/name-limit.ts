const most = 10_000; // of topics, and of services: more than robots have, and few enough that looking at them holds nobody up

/** How many names of a ROS graph are looked at. */
export class NameLimit {
  readonly #warn: (text: string) => void;
  /** Of what there were too many. */
  readonly #told: Set<string> = new Set();

  /** @param warn is told, once of each kind, that there is more than is looked at */
  constructor(warn: (text: string) => void) {
    this.#warn = warn;
  }

  /** The names that are looked at: the first ones, where there are too many. */
  cut(what: "topics" | "services", names: Iterable<string>): string[] {
    const all = [...names];
    if (all.length > most && !this.#told.has(what)) {
      this.#told.add(what);
      this.#warn(`the ROS graph has more than ${most} ${what}: only those that came first are looked at`);
    }
    return all.slice(0, most);
  }
}
