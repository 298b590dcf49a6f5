/** Reads JSON as rosbridge writes it: with whole numbers beyond 2^53, NaN and the infinities. */
import { RosError } from "../../../src/errors.ts";

const mostParts = 2_000_000; // objects, lists and texts of one message: in memory they take far more than in it
const looked = 1024 * 1024; // characters from which on they are counted before they are made
const unusual = /\d{16}|NaN|Infinity/;
const token = /-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?|NaN|-?Infinity/g;
/** In front of a whole number that a number cannot hold, which is read as text. */
const mark = `\u0000${Math.random().toString(36).slice(2)}:`;

/**
 * Reads a message.
 *
 * @throws RosError when it is none, or larger than any may be
 */
export function parse(text: string): unknown {
  if (text.length > looked) count(text);
  try {
    return JSON.parse(unusual.test(text) ? plain(text) : text);
  } catch (error) {
    throw new RosError(`it is no JSON: ${(error as Error).message.slice(0, 200)}`, { cause: error });
  }
}

/** The whole number that a text stands for; undefined for any other value. */
export function exactOf(value: unknown): bigint | undefined {
  return typeof value === "string" && value.startsWith(mark) ? BigInt(value.slice(mark.length)) : undefined;
}

function count(text: string): void {
  let parts = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c === 0x5b || c === 0x7b) parts += 2;
    else if (c === 0x22) parts++;
  }
  if (parts > 2 * mostParts) throw new RosError(`it has more than ${mostParts} parts`);
}

/** The same in JSON that every reader reads; what is inside of texts stays. */
function plain(text: string): string {
  let out = "";
  let at = 0;
  while (at < text.length) {
    const quote = text.indexOf('"', at);
    const end = quote < 0 ? text.length : quote;
    out += text.slice(at, end).replace(token, replacement);
    if (quote < 0) break;
    at = behindText(text, quote);
    out += text.slice(quote, at);
  }
  return out;
}

function replacement(number: string): string {
  if (number === "NaN") return "null";
  if (number.endsWith("y")) return number.startsWith("-") ? "-1e999" : "1e999";
  const digits = number.startsWith("-") ? number.length - 1 : number.length;
  const isLong = digits >= 16 && digits <= 20 && /^-?\d+$/.test(number);
  return isLong ? JSON.stringify(mark + number) : number;
}

/** The place behind a text that begins with that quote. */
function behindText(text: string, quote: number): number {
  for (let at = quote + 1;;) {
    const end = text.indexOf('"', at);
    if (end < 0) return text.length;
    let slashes = 0;
    while (text[end - 1 - slashes] === "\\") slashes++;
    at = end + 1;
    if (slashes % 2 === 0) return at;
  }
}
