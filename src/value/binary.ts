/** Buffers and views inside a value: which may travel, and what each way of sending makes of them. */
import { types } from "node:util";
import { isBuffer, type TypedArray, viewConstructor } from "./kind.ts";
import { rawMemory } from "./memory.ts";
import { takeSpare, worthKeeping } from "./spare.ts";

/** Refuses what stands at the place that is being read. */
export type Refuse = (problem: string) => never;

/** What a way of sending makes of binary parts. */
export interface BinaryRule {
  /** An ArrayBuffer. */
  buffer(source: ArrayBuffer, refuse: Refuse): ArrayBuffer;
  /** A typed array. */
  view(source: TypedArray, refuse: Refuse): TypedArray;
  /** A DataView. */
  dataView(source: DataView<ArrayBuffer>, refuse: Refuse): DataView<ArrayBuffer>;
}

/** Each part becomes a copy of its own; of a view only its range. */
export const COPIED: BinaryRule = {
  buffer(source, refuse) {
    checkBuffer(source, refuse);
    return copyBytes(source, 0, source.byteLength);
  },
  view(source, refuse) {
    checkBuffer(source.buffer, refuse);
    return copyView(source);
  },
  dataView(source, refuse) {
    checkBuffer(source.buffer, refuse);
    return new DataView(copyBytes(source.buffer, source.byteOffset, source.byteLength));
  },
};

/** Each part stays what it is. */
export const SHARED: BinaryRule = {
  buffer(source, refuse) {
    checkBuffer(source, refuse);
    return source;
  },
  view(source, refuse) {
    checkBuffer(source.buffer, refuse);
    if (isBuffer(source)) {
      refuse("a Buffer would arrive as a Uint8Array elsewhere; share new Uint8Array(b.buffer, b.byteOffset, b.byteLength)");
    }
    return source;
  },
  dataView(source, refuse) {
    checkBuffer(source.buffer, refuse);
    return source;
  },
};

/** A view of its own with the same elements. */
export function copyView(source: TypedArray): TypedArray {
  if (source.byteLength < worthKeeping) return new (viewConstructor(source))(source);
  const copy = new (viewConstructor(source))(memoryFor(source.byteLength));
  copy.set(source as never);
  return copy;
}

/** A buffer of this realm with a copy of those bytes; `slice` would ask the source's constructor to make it. */
export function copyBytes(source: ArrayBuffer, offset: number, length: number): ArrayBuffer {
  const copy = length < worthKeeping ? new ArrayBuffer(length) : memoryFor(length);
  new Uint8Array(copy).set(new Uint8Array(source, offset, length));
  return copy;
}

/** For a copy that fills it. */
function memoryFor(size: number): ArrayBuffer {
  return takeSpare(size) ?? rawMemory(size).buffer;
}

/** Refuses shared, resizable and detached memory. */
export function checkBuffer(buffer: ArrayBufferLike, refuse: Refuse): asserts buffer is ArrayBuffer {
  if (isShared(buffer)) refuse("a SharedArrayBuffer cannot be sent, since its receiver would not own it; send a copy of its bytes");
  if ((buffer as { resizable?: boolean }).resizable === true) refuse("a resizable ArrayBuffer cannot be sent; send one of fixed length");
  if (buffer.byteLength === 0 && isDetached(buffer as ArrayBuffer)) {
    refuse("a detached ArrayBuffer cannot be sent; its memory was handed over before");
  }
}

/** Whether the memory of `buffer` is gone. */
export function isDetached(buffer: ArrayBuffer): boolean {
  try {
    new Uint8Array(buffer);
    return false;
  } catch {
    return true;
  }
}

function isShared(buffer: ArrayBufferLike): boolean {
  return Object.getPrototypeOf(buffer) !== ArrayBuffer.prototype && types.isSharedArrayBuffer(buffer);
}
