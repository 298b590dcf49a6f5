import { readText } from "../../../src/codec/text-reader.ts";
import { RosError } from "../../../src/errors.ts";

/** What both ends of a connection say first. */
export type Header = ReadonlyMap<string, string>;

/** Bytes of the longest header: a definition of a message may be in it. */
export const longestHeader: number = 2 ** 20;
const mostFields = 256;

/** A header as bytes, with its length in front. */
export function writeHeader(fields: Readonly<Record<string, string>>): Uint8Array {
  const encoder = new TextEncoder();
  const parts = Object.entries(fields).map(([key, value]) => encoder.encode(`${key}=${value}`));
  const bytes = new Uint8Array(4 + parts.reduce((sum, part) => sum + 4 + part.length, 0));
  const view = new DataView(bytes.buffer);
  view.setUint32(0, bytes.length - 4, true);
  let at = 4;
  for (const part of parts) {
    view.setUint32(at, part.length, true);
    bytes.set(part, at + 4);
    at += 4 + part.length;
  }
  return bytes;
}

/**
 * Reads a header.
 *
 * @param bytes without its length
 * @throws RosError when it is none
 */
export function readHeader(bytes: Uint8Array): Header {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const fields = new Map<string, string>();
  for (let at = 0; at < bytes.length;) {
    if (bytes.length - at < 4) throw new RosError("a header of a connection ends inside a length");
    const length = view.getUint32(at, true);
    at += 4;
    if (length > bytes.length - at) {
      throw new RosError(`a field of a header of a connection has ${length} bytes, and ${bytes.length - at} follow`);
    }
    const text = readText(bytes, at, length);
    const equals = text?.indexOf("=") ?? -1;
    if (text === undefined || equals < 1) throw new RosError("a field of a header of a connection is not of the form name=value");
    fields.set(text.slice(0, equals), text.slice(equals + 1));
    if (fields.size > mostFields) throw new RosError(`a header of a connection has more than ${mostFields} fields`);
    at += length;
  }
  return fields;
}
