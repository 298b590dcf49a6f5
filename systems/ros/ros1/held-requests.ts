import { RosError } from "../../../src/errors.ts";
import type { ByteStream } from "../../../src/link/bytes/stream.ts";

/** Bytes that strangers have this process keep: of requests that have come in part, or that wait. Who has most of them goes when they are too many. */
export class HeldRequests {
  readonly #most: number;
  readonly #bytes: Map<ByteStream, number> = new Map();
  #total = 0;

  /** @param most bytes of all together */
  constructor(most: number) {
    this.#most = most;
  }

  /** More has come. */
  add(stream: ByteStream, bytes: number): void {
    this.#bytes.set(stream, (this.#bytes.get(stream) ?? 0) + bytes);
    this.#total += bytes;
    while (this.#total > this.#most) {
      const [largest, its] = [...this.#bytes].reduce((a, b) => (b[1] > a[1] ? b : a));
      this.remove(largest);
      largest.destroy(new RosError(`requests of all callers together take more than ${this.#most} bytes, and its own ${its} are the most`));
    }
  }

  /** Some of it is done with. */
  less(stream: ByteStream, bytes: number): void {
    const before = this.#bytes.get(stream);
    if (before === undefined) return; // it has gone
    this.#bytes.set(stream, before - bytes);
    this.#total -= bytes;
  }

  /** It has gone, and all of its own. */
  remove(stream: ByteStream): void {
    this.#total -= this.#bytes.get(stream) ?? 0;
    this.#bytes.delete(stream);
  }
}
