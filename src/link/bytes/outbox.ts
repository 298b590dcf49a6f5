/** Chunks from this size on are written from where they are; copying smaller ones together is cheaper than a write each. */
const large = 16 * 1024;
const smallestSlab = 4 * 1024;
const largestSlab = 64 * 1024;

/** What waits to be written: small chunks are copied together, large ones stay where they are. */
export class Outbox {
  /** Bytes that wait. */
  bytes = 0;
  #chunks: Uint8Array[] = [];
  // Small chunks go here; what lies between #start and #end waits and is not among #chunks yet.
  #slab: Uint8Array = new Uint8Array(0);
  #start = 0;
  #end = 0;

  /** Adds a chunk behind the others. */
  add(chunk: Uint8Array): void {
    const size = chunk.length;
    this.bytes += size;
    if (size >= large) {
      this.#seal();
      this.#chunks.push(chunk);
      return;
    }
    let at = this.#end;
    if (at + size > this.#slab.length) at = this.#grow(size);
    this.#end = at + size;
    // A call of `set` costs more than a few bytes by hand.
    if (size <= 16) { for (let i = 0; i < size; i++) this.#slab[at + i] = chunk[i]!; }
    else this.#slab.set(chunk, at);
  }

  /**
   * Takes what waits, up to so many bytes; of a chunk that would be too much, its first part.
   *
   * @param most bytes, at least 1
   */
  take(most: number): Uint8Array[] {
    this.#seal();
    if (this.bytes <= most) {
      const all = this.#chunks;
      this.#chunks = [];
      this.bytes = 0;
      return all;
    }
    const taken: Uint8Array[] = [];
    let room = most;
    while (room > 0) {
      const chunk = this.#chunks[taken.length]!;
      taken.push(chunk.length > room ? chunk.subarray(0, room) : chunk);
      room -= Math.min(room, chunk.length);
    }
    const last = taken.at(-1)!;
    const cut = this.#chunks[taken.length - 1]!;
    this.#chunks = this.#chunks.slice(cut.length > last.length ? taken.length - 1 : taken.length);
    if (cut.length > last.length) this.#chunks[0] = cut.subarray(last.length);
    this.bytes -= most;
    return taken;
  }

  /** Nothing that was taken is in use any more: when nothing waits either, its room is used again. */
  reuse(): void {
    if (this.bytes === 0) this.#start = this.#end = 0;
  }

  /** Forgets everything. */
  clear(): void {
    this.#chunks = [];
    this.#slab = new Uint8Array(0);
    this.#start = this.#end = this.bytes = 0;
  }

  #seal(): void {
    if (this.#start === this.#end) return;
    this.#chunks.push(this.#slab.subarray(this.#start, this.#end));
    this.#start = this.#end;
  }

  /** A new slab, twice the size of the last one: a quiet connection keeps little. */
  #grow(size: number): number {
    this.#seal();
    this.#slab = new Uint8Array(Math.max(size, Math.min(largestSlab, Math.max(smallestSlab, this.#slab.length * 2))));
    this.#start = 0;
    return 0;
  }
}
