/** Values as JSON texts, for whatever is no engine: HTTP, files, other programs. */
import { snapshot } from "../value/copy.ts";
import { FormReader } from "./form-reader.ts";
import { FormWriter } from "./form-writer.ts";
import { carrier, parse } from "./json.ts";

const encoder = new TextEncoder();
const writer = new FormWriter({ ...carrier, partBytes: Infinity });
const reader = new FormReader(carrier);

/**
 * A value as JSON, exactly. What JSON does not know stands as an object of one key: `{ "$bigint": "12" }`, `{ "$number": "NaN" }`
 * (also `"Infinity"`, `"-Infinity"`, `"-0"`), `{ "$bytes": "AQID" }` for a Uint8Array and `{ "$Float32Array": … }` and so on for other
 * typed arrays, in base64 and little-endian, `{ "$date": "2026-01-31T12:00:00.000Z" }`, `{ "$undefined": true }`, `{ "$map": [key, value] }`,
 * `{ "$set": [item] }`, `{ "$error": { … } }`; an object whose only key begins with `$` is `{ "$object": [key, value] }`.
 *
 * @param value what a stream, a service or a param may have
 * @throws ValueError if it may not be sent, with the path to the part that is the reason
 */
export function toJson(value: unknown): string {
  const own = snapshot(value);
  writer.begin();
  return writer.write(own, (form) => JSON.stringify(form));
}

/**
 * The value that {@link toJson} has written, or plain JSON of any origin: nothing in it is trusted.
 *
 * @typeParam T what it is taken for; it is not checked
 * @param text JSON, as a string or in UTF-8
 * @throws CodecError if it is no JSON, or an object of one `$` key is none of those forms, or it is deeper or has more objects than a
 * value may have
 */
export function fromJson<T = unknown>(text: string | Uint8Array): T {
  return reader.read([typeof text === "string" ? encoder.encode(text) : text], parse) as T;
}
