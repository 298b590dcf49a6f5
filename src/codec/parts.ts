/** The parts of a message beside the first: big buffers and views, uncopied. */
import { type Binary, type BinaryKind, bytesOf, ownBuffer } from "./binary.ts";
import { PART_BYTES } from "./limits.ts";

/** Whether `binary` travels as a part of its own. */
export function isPart(binary: Binary): boolean {
  return binary.byteLength >= PART_BYTES;
}

/** The parts of a message that is being written. */
export class PartsOut {
  #parts: Uint8Array[] = [];
  #bytes = 0;

  /** Begins a message. */
  clear(): void {
    if (this.#parts.length > 0) this.#parts = [];
    this.#bytes = 0;
  }

  /** How many there are. */
  get length(): number {
    return this.#parts.length;
  }

  /** Bytes of all of them. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Adds a part, and returns its index in the message. */
  add(binary: Binary): number {
    this.#bytes += binary.byteLength;
    return this.#parts.push(bytesOf(binary));
  }

  /** Takes back all but the first `length`. */
  cut(length: number): void {
    while (this.#parts.length > length) this.#bytes -= this.#parts.pop()!.byteLength;
  }

  /** The whole message. */
  behind(first: Uint8Array): Uint8Array[] {
    return this.#parts.length === 0 ? [first] : [first, ...this.#parts];
  }
}

/** The parts of a message that is being read: each belongs to one place, so that no two values share memory. */
export class PartsIn {
  #parts: readonly Uint8Array[] = [];
  #taken: boolean[] = [];
  #left = 0;

  /** Begins with the parts of a message. */
  open(parts: readonly Uint8Array[]): void {
    this.#parts = parts;
    this.#left = Math.max(0, parts.length - 1);
    if (this.#left > 0) this.#taken = [];
  }

  /** Keeps nothing of the message alive. */
  close(): void {
    this.#parts = [];
  }

  /** Parts that nobody has taken. */
  get left(): number {
    return this.#left;
  }

  /** What part `index` holds; undefined if it is not there, is taken, or has not whole elements of that kind. */
  take(kind: BinaryKind, index: number): Binary | undefined {
    const part = index > 0 ? this.#parts[index] : undefined;
    if (part === undefined || this.#taken[index] || part.byteLength % kind.size !== 0) return undefined;
    this.#taken[index] = true;
    this.#left--;
    return kind.over(ownBuffer(part));
  }
}
