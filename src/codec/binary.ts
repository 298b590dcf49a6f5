/** Buffers and views as codecs see them: a kind and bytes, in the byte order of every machine that we run on (little-endian). */
import { viewConstructor } from "../value/kind.ts";

/** Anything binary that a canonical value may have. */
export type Binary = ArrayBuffer | ArrayBufferView;

/** A kind of buffer or view. */
export interface BinaryKind {
  /** Name of its class. */
  readonly name: string;
  /** Tag in CBOR: of RFC 8746, or our own. */
  readonly tag: number;
  /** Bytes of one element. */
  readonly size: number;
  /** A view of the whole of `buffer`, or the buffer itself. */
  readonly over: (buffer: ArrayBuffer) => Binary;
}

type ViewConstructor = { new (buffer: ArrayBuffer): Binary; readonly name: string; readonly BYTES_PER_ELEMENT: number };

function viewKind(View: ViewConstructor, tag: number): BinaryKind {
  return { name: View.name, tag, size: View.BYTES_PER_ELEMENT, over: (buffer) => new View(buffer) };
}

/** Bytes. */
export const BYTES: BinaryKind = viewKind(Uint8Array, 64);
/** An ArrayBuffer; its tag is "Pyr" and 1. */
export const BUFFER: BinaryKind = { name: "ArrayBuffer", tag: 0x50797201, size: 1, over: (buffer) => buffer };
/** A DataView; its tag is "Pyr" and 2. */
export const DATA_VIEW: BinaryKind = { name: "DataView", tag: 0x50797202, size: 1, over: (buffer) => new DataView(buffer) };

const KINDS: readonly BinaryKind[] = [
  BYTES,
  BUFFER,
  DATA_VIEW,
  viewKind(Uint8ClampedArray, 68),
  viewKind(Uint16Array, 69),
  viewKind(Uint32Array, 70),
  viewKind(BigUint64Array, 71),
  viewKind(Int8Array, 72),
  viewKind(Int16Array, 77),
  viewKind(Int32Array, 78),
  viewKind(BigInt64Array, 79),
  viewKind(Float32Array, 85),
  viewKind(Float64Array, 86),
];

const BY_NAME: ReadonlyMap<string, BinaryKind> = new Map(KINDS.map((kind) => [kind.name, kind]));
const BY_TAG: ReadonlyMap<number, BinaryKind> = new Map(KINDS.map((kind) => [kind.tag, kind]));

/** The kind of a typed array. */
export function kindOfView(view: ArrayBufferView): BinaryKind {
  return BY_NAME.get(viewConstructor(view).name)!;
}

/** The kind whose class has that name. */
export function kindNamed(name: string): BinaryKind | undefined {
  return BY_NAME.get(name);
}

/** The kind with that tag in CBOR. */
export function kindTagged(tag: number): BinaryKind | undefined {
  return BY_TAG.get(tag);
}

/** The bytes of `binary`, uncopied. */
export function bytesOf(binary: Binary): Uint8Array {
  if (!ArrayBuffer.isView(binary)) return new Uint8Array(binary);
  return new Uint8Array(binary.buffer, binary.byteOffset, binary.byteLength);
}

/** Memory with what `part` has: its own if it covers it, else a copy. */
export function ownBuffer(part: Uint8Array): ArrayBuffer {
  const { buffer } = part;
  if (buffer instanceof ArrayBuffer && buffer.byteLength === part.byteLength && (buffer as { resizable?: boolean }).resizable !== true) {
    return buffer;
  }
  return copyOf(part);
}

/** New memory with a copy of `bytes`. */
export function copyOf(bytes: Uint8Array): ArrayBuffer {
  const copy = new ArrayBuffer(bytes.byteLength);
  new Uint8Array(copy).set(bytes);
  return copy;
}
