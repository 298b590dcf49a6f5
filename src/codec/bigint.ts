/** Bigints as bytes: the magnitude in as few as it fits in, the first byte the highest. */
import { Buffer } from "node:buffer";

/** The digits of a bigint from 0, two for each of its bytes; none for 0. */
export function digitsOf(value: bigint): string {
  const digits = value === 0n ? "" : value.toString(16);
  return digits.length % 2 === 0 ? digits : `0${digits}`;
}

/** Writes the bytes of `digits` from `at` on. */
export function writeDigits(bytes: Uint8Array, at: number, digits: string): void {
  for (let i = 0; i < digits.length; i += 2) bytes[at++] = (nibble(digits, i) << 4) | nibble(digits, i + 1);
}

/** The bigint in those bytes. */
export function readBigint(bytes: Uint8Array): bigint {
  return BigInt(`0x0${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("hex")}`);
}

function nibble(digits: string, at: number): number {
  const c = digits.charCodeAt(at);
  return c <= 0x39 ? c - 0x30 : c - 0x57;
}
