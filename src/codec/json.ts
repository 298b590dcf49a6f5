/**
 * JSON, for peers that speak nothing else and for reading along; `forms.ts` has the list of what JSON does not know.
 *
 * Bytes are base64. The message is UTF-8 without a mark in front.
 *
 * @module
 */
import { Buffer } from "node:buffer";
import { ChunkBatch, type Chunks } from "./chunk-batch.ts";
import type { Codec } from "./codec.ts";
import { FormReader } from "./form-reader.ts";
import { FormWriter } from "./form-writer.ts";
import type { Carrier } from "./forms.ts";
import { PART_BYTES } from "./limits.ts";
import { readText } from "./text-reader.ts";

const encoder = new TextEncoder();

/** JSON's own. */
export const carrier: Carrier = {
  name: "json",
  // V8 from 12.8 on may read a key with an escape as another key (nodejs/node issue 63785).
  // eslint-disable-next-line no-control-regex
  badKey: /["\\\u0000-\u001f]/,
  hasBytes: false,
  partBytes: PART_BYTES,
  hasNumber: (value) => Number.isFinite(value) && !Object.is(value, -0),
  fromBytes: (bytes) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64"),
  toBuffer(coded) {
    if (typeof coded !== "string" || coded.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(coded)) return undefined;
    return Uint8Array.from(Buffer.from(coded, "base64")).buffer; // not a part of Node's pool
  },
};

const reader = new FormReader(carrier);

/** Reads what JSON has; its errors become those of the codec. */
export function parse(first: Uint8Array): unknown {
  const text = readText(first, 0, first.length);
  if (text === undefined) throw new Error("it is no UTF-8");
  return JSON.parse(text);
}

function print(form: unknown): Uint8Array {
  return encoder.encode(JSON.stringify(form));
}

function chunks(): Chunks {
  const writer = new FormWriter(carrier);
  return {
    parts: writer.parts,
    begin: () => writer.begin(),
    encode: (value) => writer.write(value, print, 1),
    open: () => encoder.encode("["),
    separator: encoder.encode(","),
    close: encoder.encode("]"),
  };
}

/** The codec `json`. */
export const json: Codec = {
  name: "json",
  encode(value) {
    const writer = new FormWriter(carrier);
    return writer.parts.behind(writer.write(value, print));
  },
  decode: (parts) => reader.read(parts, parse),
  batch: () => new ChunkBatch(chunks()),
};
