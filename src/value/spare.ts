/**
 * Memory of copies that nobody uses any more, for copies to come. V8 counts large buffers, and marks its whole heap for every 64 MB of
 * them: a stream of images would spend a third of its time on that.
 */

/** Bytes from which on a buffer is worth keeping. */
export const worthKeeping: number = 256 * 1024;
const mostBytes = 32 * 1024 * 1024; // that are kept
const longest = 10_000; // ms for which they are kept at least, and twice that at most

let kept: ArrayBuffer[] = [];
let bytes = 0;
let used = false;
let timer: ReturnType<typeof setTimeout> | undefined;

/** A buffer of that size with anything in it, or undefined. */
export function takeSpare(size: number): ArrayBuffer | undefined {
  const index = kept.findIndex(({ byteLength }) => byteLength === size);
  if (index < 0) return undefined;
  used = true;
  bytes -= size;
  return kept.splice(index, 1)[0];
}

/** Keeps a buffer that nobody else refers to, if there is room. */
export function giveSpare(buffer: ArrayBuffer): void {
  const size = buffer.byteLength;
  if (size < worthKeeping || bytes + size > mostBytes) return;
  kept.push(buffer);
  bytes += size;
  if (timer !== undefined) return;
  timer = setTimeout(forget, longest);
  timer.unref?.();
}

/** Forgets them all unless one was of use lately. */
function forget(): void {
  timer = undefined;
  if (!used) {
    kept = [];
    bytes = 0;
  }
  used = false;
  if (kept.length === 0) return;
  timer = setTimeout(forget, longest);
  timer.unref?.();
}
