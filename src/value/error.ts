/** What a caller is told of anything that was thrown. */
import type { RemoteErrorInfo } from "../errors.ts";
import { snapshot } from "./copy.ts";
import { tally } from "./size.ts";
import { toWellFormed } from "./text.ts";

/** Causes of causes that are told. */
const MAX_CAUSES = 8;
/** Characters of a thrown value that is no error, as its message shows it. */
const MAX_SHOWN = 200;

/**
 * Describes anything thrown so that it can be sent; never throws itself.
 *
 * What cannot be read or sent is left out: a getter that throws, `data` without a canonical form, a cause that comes
 * round again or lies deeper than 8.
 *
 * @param thrown an error, or whatever else was thrown
 */
export function describeError(thrown: unknown): RemoteErrorInfo {
  const { bytes } = tally;
  const info = describe(thrown, []);
  tally.bytes = bytes;
  return info;
}

function describe(thrown: unknown, above: unknown[]): RemoteErrorInfo {
  if ((typeof thrown !== "object" && typeof thrown !== "function") || thrown === null) {
    return { name: "Error", message: show(thrown) };
  }
  const name = read(thrown, "name");
  const message = read(thrown, "message");
  const isErrorLike = typeof message === "string";
  const info: RemoteErrorInfo = {
    name: isErrorLike && typeof name === "string" && name !== "" ? toWellFormed(name) : "Error",
    message: isErrorLike ? toWellFormed(message) : show(thrown),
  };
  const code = read(thrown, "code");
  if (typeof code === "number") info.code = code;
  if (typeof code === "string") info.code = toWellFormed(code);
  // Of what is no error, the thing itself says most.
  const data = sendable(isErrorLike ? read(thrown, "data") : thrown);
  if (data !== undefined) info.data = data;
  const stack = read(thrown, "stack");
  if (typeof stack === "string") info.stack = toWellFormed(stack);
  const cause = read(thrown, "cause");
  if (cause !== undefined && cause !== null && above.length < MAX_CAUSES && cause !== thrown && !above.includes(cause)) {
    info.cause = describe(cause, [...above, thrown]);
  }
  return info;
}

function read(source: object, key: string): unknown {
  try {
    return (source as Record<string, unknown>)[key];
  } catch {
    return undefined;
  }
}

function sendable(value: unknown): unknown {
  try {
    return snapshot(value);
  } catch {
    return undefined;
  }
}

function show(value: unknown): string {
  try {
    if (typeof value === "string") return toWellFormed(value);
    if (typeof value !== "object" || value === null) return toWellFormed(String(value).slice(0, MAX_SHOWN));
    const text = JSON.stringify(value) as string | undefined;
    return toWellFormed(`a thrown value that is no error: ${(text ?? "").slice(0, MAX_SHOWN)}`);
  } catch {
    return "a thrown value that is no error, and cannot be shown";
  }
}
