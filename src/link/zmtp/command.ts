import { LinkError } from "../../errors.ts";
import { latin1, latin1Bytes, printable } from "./text.ts";

/** A command: what peers say to each other beside messages. */
export interface Command {
  /** Such as `READY` or `PING`. */
  readonly name: string;
  readonly data: Uint8Array;
}

/** Properties that a peer tells of itself, by name in lower case: names of properties have no case. */
export type Metadata = ReadonlyMap<string, Uint8Array>;

/** The body of a command's frame. */
export function makeCommand(name: string, ...data: readonly Uint8Array[]): Uint8Array {
  return join(Uint8Array.of(name.length), latin1Bytes(name), ...data);
}

/**
 * Reads the body of a command's frame.
 *
 * @throws {LinkError} if it has no name
 */
export function readCommand(body: Uint8Array): Command {
  const size = body[0] ?? 0;
  if (size === 0 || 1 + size > body.length) throw new LinkError("it sent a command without a name");
  return { name: latin1(body.subarray(1, 1 + size)), data: body.subarray(1 + size) };
}

/** The bytes of properties. */
export function makeMetadata(properties: Iterable<readonly [string, Uint8Array]>): Uint8Array {
  const parts: Uint8Array[] = [];
  for (const [name, value] of properties) {
    parts.push(Uint8Array.of(name.length), latin1Bytes(name), uint32(value.length), value);
  }
  return join(...parts);
}

/**
 * Reads properties.
 *
 * @throws {LinkError} if they are cut short, or a name is empty
 */
export function readMetadata(bytes: Uint8Array): Metadata {
  const found = new Map<string, Uint8Array>();
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let at = 0;
  while (at < bytes.length) {
    const nameEnd = at + 1 + bytes[at]!;
    const valueAt = nameEnd + 4;
    if (nameEnd === at + 1 || valueAt > bytes.length) throw new LinkError("its properties are cut short");
    const valueEnd = valueAt + view.getUint32(nameEnd);
    if (valueEnd > bytes.length) throw new LinkError("its properties are cut short");
    found.set(latin1(bytes.subarray(at + 1, nameEnd)).toLowerCase(), bytes.slice(valueAt, valueEnd));
    at = valueEnd;
  }
  return found;
}

/** The body of an ERROR command. */
export function makeError(reason: string): Uint8Array {
  const bytes = latin1Bytes(reason).subarray(0, 255);
  return makeCommand("ERROR", Uint8Array.of(bytes.length), bytes);
}

/** What an ERROR command says, as a reason. */
export function readError(data: Uint8Array): LinkError {
  const text = printable(latin1(data.subarray(1, 1 + (data[0] ?? 0))));
  return new LinkError(`it refused: ${text === "400" ? "this key, or what was sent, is not accepted (400)" : text || "it gave no reason"}`);
}

/** One array of bytes of several. */
export function join(...parts: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

function uint32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value);
  return bytes;
}
