import fc from "fast-check";
import { expect } from "vitest";
import type { Codec } from "../../src/codec/codec.ts";
import { CodecError } from "../../src/errors.ts";
import { snapshot } from "../../src/value/copy.ts";
import { anyPart } from "../param/values.ts";
import { sendable } from "../value/support.ts";

/** Bytes written as hex, with spaces where they help. */
export function hex(text: string): Uint8Array {
  return Uint8Array.from(text.replaceAll(" ", "").match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));
}

/** Bytes as hex. */
export function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Canonical values of every kind. */
export const canonical: fc.Arbitrary<unknown> = fc.oneof(sendable, anyPart, fc.dictionary(fc.string(), fc.double())).filter((value) => {
  try {
    snapshot(value);
    return true;
  } catch {
    return false;
  }
}).map((value) => snapshot(value));

/** The CodecError that decoding throws; fails if it throws none, or anything else. */
export function refusal(codec: Codec, ...parts: Uint8Array[]): CodecError {
  let value: unknown;
  try {
    value = codec.decode(parts);
  } catch (error) {
    expect(error).toBeInstanceOf(CodecError);
    return error as CodecError;
  }
  throw new Error(`nothing was refused, but decoded: ${String(value)}`);
}
