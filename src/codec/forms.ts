/**
 * Values in what JSON and MessagePack have: null, booleans, numbers, texts, arrays and objects. Whatever else is an object
 * of one key that begins with `$`.
 *
 * | value | form |
 * | --- | --- |
 * | a number that the carrier has not: -0, and in JSON NaN and the infinities | `{ "$number": "-0" }` |
 * | bigint | `{ "$bigint": "12" }`; beyond 64 bits `{ "$bigint": "0x1f…" }`, below 0 `"-0x1f…"` |
 * | undefined | `{ "$undefined": true }` |
 * | Date | `{ "$date": "2026-01-31T12:00:00.000Z" }`, of an invalid one `null` |
 * | Uint8Array | `{ "$bytes": bytes }`; in MessagePack the bytes themselves |
 * | other typed arrays | `{ "$Float64Array": bytes }`, little-endian |
 * | ArrayBuffer, DataView | `{ "$buffer": bytes }`, `{ "$view": bytes }` |
 * | any of the binary ones, from 16 KiB | `{ "$part": ["$bytes", index] }`: its key in the forms above, and the index of the part |
 * | Map | `{ "$map": [key, value, key, value] }` |
 * | Set | `{ "$set": [item] }` |
 * | error | `{ "$error": { "name": …, "message": …, "stack": … } }`, and `code`, `data`, `cause` where it has them |
 * | an object whose only key begins with `$`, or with a key that the carrier has not | `{ "$object": [key, value, key, value] }` |
 *
 * Parts are numbered from 1; each belongs to one place. Of two equal keys the last one wins.
 *
 * @module
 */
import { type BinaryKind, BUFFER, BYTES, DATA_VIEW, kindNamed } from "./binary.ts";

/** What a codec has of its own. */
export interface Carrier {
  /** Name of the codec. */
  readonly name: string;
  /** Keys that it may not give back as they are. */
  readonly badKey: RegExp | undefined;
  /** Whether it gives that number back. */
  hasNumber(value: number): boolean;
  /** Whether bytes are a Uint8Array there, and not something that a value could have in their place. */
  readonly hasBytes: boolean;
  /** Bytes from which on they become a part of their own. */
  readonly partBytes: number;
  /** What it writes for bytes. */
  fromBytes(bytes: Uint8Array): unknown;
  /** Memory of its own with the bytes that it wrote as `coded`; undefined if those are none. */
  toBuffer(coded: unknown): ArrayBuffer | undefined;
}

const KEYS: ReadonlyMap<BinaryKind, string> = new Map([[BYTES, "$bytes"], [BUFFER, "$buffer"], [DATA_VIEW, "$view"]]);
const KINDS: ReadonlyMap<string, BinaryKind> = new Map([...KEYS].map(([kind, key]) => [key, kind]));

/** The key under which the bytes of that kind stand. */
export function keyOfKind(kind: BinaryKind): string {
  return KEYS.get(kind) ?? `$${kind.name}`;
}

/** The kind whose bytes stand under that key. */
export function kindOfKey(key: string): BinaryKind | undefined {
  const kind = KINDS.get(key);
  if (kind !== undefined || key.charCodeAt(0) !== 0x24) return kind;
  const named = kindNamed(key.slice(1));
  return named === undefined || KEYS.has(named) ? undefined : named;
}

/** Whether an object of those keys may be taken for a form. */
export function isForm(keys: readonly string[]): boolean {
  return keys.length === 1 && keys[0].charCodeAt(0) === 0x24;
}
