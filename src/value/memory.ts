import { Buffer } from "node:buffer";

/** Bytes from which on memory is large: the system gives it apart, and takes it back when it is freed. */
const large = 128 * 1024;
/** Large ones after which more are to be expected. */
const many = 16;
/** The largest piece whose return raises the bounds, in bytes, less what the allocator needs itself: mallopt(3), M_MMAP_THRESHOLD. */
const bound = 32 * 1024 * 1024 - 64 * 1024;

let seen = 0;

/**
 * Memory that is not zeroed, and not touched before something is written to it: whoever asks writes all of it before anybody reads.
 *
 * @param size in bytes
 */
export function rawMemory(size: number): Uint8Array<ArrayBuffer> {
  if (size >= large && seen < many && ++seen === many) keepFreed();
  return new Uint8Array(Buffer.allocUnsafeSlow(size).buffer as ArrayBuffer);
}

/**
 * Has the C library keep what is freed, up to 64 MB, instead of giving it back to the system at once: a page that comes from the system
 * has to be zeroed again, which takes six times as long as all else that is done with it (1 MB: 150 to 340 µs, and 40 to 60 with this).
 * glibc raises its bounds when a large piece is freed, which is when this one is collected; it was never touched. Elsewhere it does nothing.
 */
function keepFreed(): void {
  Buffer.allocUnsafeSlow(bound);
}
