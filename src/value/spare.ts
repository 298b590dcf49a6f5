/**
 * Memory of copies that nobody uses any more, for copies to come. V8 counts large buffers, and marks its whole heap for every 64 MB of
 * them: a stream of images would spend a third of its time on that. They are held weakly: when V8 marks its heap all the same, it may
 * have them.
 */

/** Bytes from which on a buffer is worth keeping. */
export const worthKeeping: number = 256 * 1024;
const mostBytes = 32 * 1024 * 1024; // that are kept

interface Spare {
  readonly size: number;
  readonly buffer: WeakRef<ArrayBuffer>;
}

let kept: Spare[] = [];
let bytes = 0;

/** A buffer of that size with anything in it, or undefined. */
export function takeSpare(size: number): ArrayBuffer | undefined {
  for (let i = kept.length - 1; i >= 0; i--) {
    if (kept[i]!.size !== size) continue;
    const [spare] = kept.splice(i, 1);
    bytes -= size;
    const buffer = spare!.buffer.deref();
    if (buffer !== undefined) return buffer;
  }
  return undefined;
}

/**
 * Keeps the memory of bytes that nobody uses any more, if they are all of it and there is room.
 *
 * @param unused may stand in a message twice, and be given twice in a row
 */
export function giveSpare(unused: Uint8Array): void {
  const buffer = unused.buffer as ArrayBuffer;
  const size = buffer.byteLength;
  if (size < worthKeeping || size > mostBytes || unused.byteLength !== size) return;
  if (kept.some((spare) => spare.buffer.deref() === buffer)) return;
  if (bytes + size > mostBytes) {
    kept = kept.filter((spare) => spare.buffer.deref() !== undefined);
    bytes = kept.reduce((sum, spare) => sum + spare.size, 0);
    if (bytes + size > mostBytes) return;
  }
  kept.push({ size, buffer: new WeakRef(buffer) });
  bytes += size;
}
