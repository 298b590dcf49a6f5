/** The numbers of messages: how they are read and written, what may be written, and the arrays that hold them. */
import type { NumbersClass } from "./input.ts";

/** A primitive that is a number. */
export interface NumberType {
  readonly size: number;
  /** The methods of `DataView`, without `get` or `set`. */
  readonly method: string;
  /** What holds many. */
  readonly array: NumbersClass;
  /** Whether it is a `bigint`. */
  readonly big: boolean;
  /** What `x` must be, as an expression; undefined for floating-point ones. */
  readonly fits: string | undefined;
}

const type = (method: string, array: NumbersClass, fits?: string, big = false): NumberType => ({
  size: array.BYTES_PER_ELEMENT,
  method,
  array,
  big,
  fits: fits && `typeof x === "number" && ${fits}`, // operators throw at a bigint and at much else, and name no field
});

const int8 = type("Int8", Int8Array, "x << 24 >> 24 === x");
const uint8 = type("Uint8", Uint8Array, "(x & 255) === x");

/** The primitives that are numbers, by their names. */
export const numberTypes: Readonly<Record<string, NumberType | undefined>> = {
  int8,
  byte: int8,
  uint8,
  char: uint8,
  int16: type("Int16", Int16Array, "x << 16 >> 16 === x"),
  uint16: type("Uint16", Uint16Array, "(x & 65535) === x"),
  int32: type("Int32", Int32Array, "(x | 0) === x"),
  uint32: type("Uint32", Uint32Array, "x >>> 0 === x"),
  float32: type("Float32", Float32Array),
  float64: type("Float64", Float64Array),
  int64: type("BigInt64", BigInt64Array, undefined, true),
  uint64: type("BigUint64", BigUint64Array, undefined, true),
};

/** The range of whole numbers of so many bits. */
export function rangeOf(name: string): readonly [bigint, bigint] {
  const bits = BigInt(numberTypes[name]!.size * 8);
  const signed = !name.startsWith("u") && name !== "char";
  return signed ? [-(2n ** (bits - 1n)), 2n ** (bits - 1n) - 1n] : [0n, 2n ** bits - 1n];
}
