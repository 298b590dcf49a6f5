/**
 * Keeps reading a message from taking forever.
 *
 * The hashes by which the runtime finds the keys of a Map, a Set or an object can be foreseen where keys are numbers:
 * 65,536 bigints chosen for it make a Set in 11 s, of a message of 650 kB. No count or size tells such keys from others,
 * but the time does.
 */
/** Ms that any message may take. */
const FREE_MS = 250;
/** Ms that a message may take for each of its bytes: several times what a Set of bigints takes, the slowest of usual things. */
const MS_PER_BYTE = 1 / 2000;
/** Keys from one look at the time to the next; a power of two. */
export const KEYS_PER_LOOK = 1024;

/** The time that the reading of one message takes. */
export class Pace {
  #wall = 0;
  #cpu = 0;
  #budget = Infinity;

  /** Begins with a message of that many bytes. */
  begin(bytes: number): void {
    this.#wall = 0;
    this.#budget = FREE_MS + bytes * MS_PER_BYTE;
  }

  /** Whether it takes too long; to be asked each {@link KEYS_PER_LOOK} keys. Time counts from the first time it is asked. */
  isLost(): boolean {
    const wall = performance.now();
    const { user } = process.cpuUsage();
    if (this.#wall === 0) {
      this.#wall = wall;
      this.#cpu = user;
    }
    // A process that is stopped or has to wait takes no processor, and other threads take it while the message does not.
    return wall - this.#wall > this.#budget && (user - this.#cpu) / 1000 > this.#budget;
  }
}
