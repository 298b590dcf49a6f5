import { LinkError } from "../../errors.ts";
import { rawMemory } from "../../value/memory.ts";
import { COMMAND, LONG, MORE } from "./frame.ts";

/** What becomes of frames. Both may throw a `LinkError`, which ends the connection. */
export interface FrameHandler {
  /** A frame begins; nothing of it has been kept yet. To throw is to refuse it. */
  admit(flags: number, size: number): void;
  /** A frame is complete. The body may be kept: nobody writes into it any more. */
  frame(flags: number, body: Uint8Array): void;
}

/** Bytes that a body must lack for it to be read into its place. */
const worthwhile = 64 * 1024;

/** Memory that is made at once for a body that was announced; for more, half of it has to have come. */
const eager = 1024 * 1024;

/** Cuts a stream of bytes into frames. What lies within one chunk is not copied. */
export class FrameDecoder {
  handler: FrameHandler;
  #holding = false;
  #held: Uint8Array[] = [];
  #stopped = false;
  // A head of which not all bytes have come.
  readonly #head: Uint8Array = new Uint8Array(9);
  #headHave = 0;
  // A body of which not all bytes have come.
  #body: Uint8Array | undefined;
  #bodyHave = 0;
  #bodySize = 0;
  #flags = 0;
  // Of a body that has been handed over and given back.
  #spare: ArrayBuffer | undefined;

  constructor(handler: FrameHandler) {
    this.handler = handler;
  }

  /** Whether the next byte begins a frame. */
  get between(): boolean {
    return this.#headHave === 0 && this.#body === undefined;
  }

  /**
   * Takes bytes.
   *
   * @param chunk is the decoder's from now on
   * @throws what the handler throws, and `LinkError` for flags that cannot be
   */
  push(chunk: Uint8Array): void {
    if (this.#holding) {
      this.#held.push(chunk);
      return;
    }
    let at = this.between ? 0 : this.#resume(chunk);
    const end = chunk.length;
    while (at < end) {
      if (this.#stopped) return;
      if (this.#holding) {
        this.#held.push(chunk.subarray(at));
        return;
      }
      const flags = chunk[at]!;
      const start = at + (flags & LONG ? 9 : 2);
      if (start > end) {
        this.#head.set(chunk.subarray(at));
        this.#headHave = end - at;
        checkFlags(flags);
        return;
      }
      const size = flags & LONG ? longSize(chunk, at + 1) : chunk[at + 1]!;
      checkFlags(flags);
      this.handler.admit(flags, size);
      at = start + size;
      if (at > end) return this.#begin(flags, size, chunk, start);
      this.handler.frame(flags, new Uint8Array(chunk.buffer, chunk.byteOffset + start, size));
    }
  }

  /** Where the next bytes are to go, when they belong to a large body: pushed from there, they need not be copied. */
  room(): Uint8Array | undefined {
    if (this.#body === undefined || this.#holding || this.#bodySize - this.#bodyHave < worthwhile) return undefined;
    if (this.#bodyHave === this.#body.length) this.#grow(this.#bodyHave + worthwhile);
    return this.#body.subarray(this.#bodyHave);
  }

  /** Takes back the memory of a body that nobody uses any more: a new one costs more than filling it. */
  reuse(memory: ArrayBuffer): void {
    this.#spare = memory;
  }

  /** Keeps what comes, until {@link release}. */
  hold(): void {
    this.#holding = true;
  }

  /** Goes on with what has come meanwhile; throws as {@link push} does. */
  release(): void {
    const held = this.#held;
    this.#held = [];
    this.#holding = false;
    for (const chunk of held) this.push(chunk);
  }

  /** Nothing that comes matters any more; it may be called from the handler. */
  stop(): void {
    this.#stopped = true;
    this.#body = this.#spare = undefined;
    this.#held = [];
  }

  /** Completes the frame that an earlier chunk has begun; returns where it ends. */
  #resume(chunk: Uint8Array): number {
    if (this.#stopped) return chunk.length;
    let at = 0;
    if (this.#body === undefined) {
      const head = this.#head;
      while (at < chunk.length && this.#headHave < headSize(head[0]!, this.#headHave)) head[this.#headHave++] = chunk[at++]!;
      const flags = head[0]!;
      if (this.#headHave < headSize(flags, this.#headHave)) return at;
      const size = flags & LONG ? longSize(head, 1) : head[1]!;
      this.#headHave = 0;
      this.handler.admit(flags, size);
      this.#begin(flags, size, chunk, chunk.length); // with nothing yet
    }
    return this.#fill(chunk, at);
  }

  #begin(flags: number, size: number, chunk: Uint8Array, start: number): void {
    const have = chunk.length - start;
    this.#flags = flags;
    this.#bodySize = size;
    this.#body = this.#room(Math.min(size, Math.max(eager, 2 * have)));
    this.#body.set(chunk.subarray(start));
    this.#bodyHave = have;
  }

  #fill(chunk: Uint8Array, at: number): number {
    const take = Math.min(this.#bodySize - this.#bodyHave, chunk.length - at);
    const have = this.#bodyHave + take;
    if (have > this.#body!.length) this.#grow(have);
    const body = this.#body!;
    const inPlace = chunk.buffer === body.buffer;
    if (!inPlace) body.set(take === chunk.length ? chunk : chunk.subarray(at, at + take), this.#bodyHave);
    this.#bodyHave = have;
    if (have === this.#bodySize) {
      this.#body = undefined;
      this.handler.frame(this.#flags, body);
    }
    return at + take;
  }

  #room(size: number): Uint8Array {
    const spare = this.#spare;
    if (spare?.byteLength !== size) return rawMemory(size);
    this.#spare = undefined;
    return new Uint8Array(spare);
  }

  /** Makes room for at least `have` bytes of the body. */
  #grow(have: number): void {
    const body = rawMemory(Math.min(this.#bodySize, 2 * have));
    body.set(this.#body!.subarray(0, this.#bodyHave));
    this.#body = body;
  }
}

function checkFlags(flags: number): void {
  if (flags > 7 || (flags & (COMMAND | MORE)) === (COMMAND | MORE)) {
    throw new LinkError(`it sent a frame with the flags ${flags.toString(2)}, which do not exist`);
  }
}

function headSize(flags: number, have: number): number {
  return have > 0 && flags & LONG ? 9 : 2;
}

function longSize(bytes: Uint8Array, at: number): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset + at, 8);
  return view.getUint32(0) * 2 ** 32 + view.getUint32(4);
}
