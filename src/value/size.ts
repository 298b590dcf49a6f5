/**
 * How many bytes a canonical value takes, roughly: what bounds queues.
 *
 * A number, boolean, null or undefined counts 8; a string 16 and 2 a character; an object, array, Map or Set 16 and its
 * contents (an object's keys 2 a character); a buffer 16 and its bytes; an error 64 and its texts.
 */
import { kindOf } from "./kind.ts";

/** Bytes of a number, a boolean, null or undefined. */
export const WORD = 8;
/** Bytes of an object, an array or a string without its contents. */
export const HEAD = 16;
/** Bytes of an error without its texts. */
export const ERROR_HEAD = 64;

/** Where every copy leaves the size of what it has copied; read it through {@link lastBytes}. */
export const tally: { bytes: number } = { bytes: 0 };

/** The size in bytes of the value that was copied, checked or taken last, known without another pass. */
export function lastBytes(): number {
  return tally.bytes;
}

/** Bytes of a bigint. */
export function bigintSize(value: bigint): number {
  if (BigInt.asIntN(64, value) === value) return HEAD;
  return HEAD + (value.toString(16).length >> 1);
}

/** Bytes of an error's own texts. */
export function errorSize(name: string, message: string, stack: string): number {
  return ERROR_HEAD + 2 * (name.length + message.length + stack.length);
}

/** The size in bytes of a canonical value: the same number that {@link lastBytes} tells after its copy. */
export function sizeOf(value: unknown): number {
  switch (typeof value) {
    case "string":
      return HEAD + 2 * value.length;
    case "bigint":
      return bigintSize(value);
    case "object":
      return value === null ? WORD : sizeOfObject(value);
    default:
      return WORD;
  }
}

function sizeOfObject(value: object): number {
  let bytes = HEAD;
  switch (kindOf(value)) {
    case "plain":
      for (const key of Object.keys(value)) bytes += 2 * key.length + sizeOf((value as Record<string, unknown>)[key]);
      return bytes;
    case "array":
      for (const item of value as unknown[]) bytes += sizeOf(item);
      return bytes;
    case "map":
      for (const [key, item] of value as Map<unknown, unknown>) bytes += sizeOf(key) + sizeOf(item);
      return bytes;
    case "set":
      for (const item of value as Set<unknown>) bytes += sizeOf(item);
      return bytes;
    case "view":
    case "dataview":
    case "buffer":
      return bytes + (value as ArrayBuffer).byteLength;
    case "error": {
      const error = value as Error & { data?: unknown; code?: unknown };
      bytes = errorSize(error.name, error.message, error.stack ?? "");
      if ("cause" in error) bytes += sizeOf(error.cause);
      if (error.code !== undefined) bytes += sizeOf(error.code);
      if (error.data !== undefined) bytes += sizeOf(error.data);
      return bytes;
    }
    default:
      return bytes;
  }
}
