import { Buffer } from "node:buffer";
import { RosError } from "../../../src/errors.ts";
import type { XmlValue } from "./value.ts";

const head = '<?xml version="1.0"?>\n';
const deepest = 64;

/** A call as a document. */
export function writeCall(method: string, params: readonly unknown[]): string {
  const written = params.map((param) => `<param>${value(param, 0)}</param>`);
  return `${head}<methodCall><methodName>${text(method)}</methodName><params>${written.join("")}</params></methodCall>`;
}

/** An answer as a document. */
export function writeAnswer(answer: unknown): string {
  return `${head}<methodResponse><params><param>${value(answer, 0)}</param></params></methodResponse>`;
}

/** A refusal as a document. */
export function writeFault(code: number, why: string): string {
  const readable = why.replace(unsayable, "?");
  return `${head}<methodResponse><fault>${value({ faultCode: code, faultString: readable }, 0)}</fault></methodResponse>`;
}

/**
 * A value as a part of a document.
 *
 * @throws RosError when XML-RPC cannot say it
 */
function value(given: unknown, depth: number): string {
  return `<value>${inner(given as XmlValue, depth)}</value>`;
}

function inner(given: XmlValue, depth: number): string {
  if (depth > deepest) throw new RosError(`a value with more than ${deepest} lists inside each other cannot be said in XML-RPC`);
  switch (typeof given) {
    case "string":
      return `<string>${text(given)}</string>`;
    case "boolean":
      return `<boolean>${given ? 1 : 0}</boolean>`;
    case "number":
      return (given | 0) === given && !Object.is(given, -0) ? `<int>${given}</int>` : `<double>${double(given)}</double>`;
    case "object":
      if (given === null) break;
      if (Array.isArray(given)) return `<array><data>${given.map((item) => value(item, depth + 1)).join("")}</data></array>`;
      if (given instanceof Date) return `<dateTime.iso8601>${date(given)}</dateTime.iso8601>`;
      if (given instanceof Uint8Array) {
        return `<base64>${Buffer.from(given.buffer, given.byteOffset, given.byteLength).toString("base64")}</base64>`;
      }
      if (isPlain(given)) {
        const members = Object.entries(given).map(([name, item]) => `<member><name>${text(name)}</name>${value(item, depth + 1)}</member>`);
        return `<struct>${members.join("")}</struct>`;
      }
  }
  throw new RosError(
    `XML-RPC cannot say ${given === null ? "null" : typeof given === "object" ? `a ${(given as object).constructor.name}` : typeof given}`,
  );
}

function isPlain(given: object): given is { readonly [key: string]: XmlValue } {
  const prototype: unknown = Object.getPrototypeOf(given);
  return prototype === null || prototype === Object.prototype;
}

/** As Python and C read it, which know no `Infinity`. */
function double(number: number): string {
  if (Number.isNaN(number)) return "nan";
  if (!Number.isFinite(number)) return number > 0 ? "inf" : "-inf";
  if (Object.is(number, -0)) return "-0.0";
  return Number.isInteger(number) && Math.abs(number) < 1e21 ? `${number}.0` : String(number);
}

function date(moment: Date): string {
  if (Number.isNaN(moment.getTime())) throw new RosError("XML-RPC cannot say an invalid date");
  return moment.toISOString().replace(/-/g, "").slice(0, 17);
}

/** What no XML document may hold, however it is written. */
const unsayable =
  // oxlint-disable-next-line no-control-regex
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;
const escapes: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#13;" };

function text(given: string): string {
  const bad = given.search(unsayable);
  if (bad >= 0) {
    const code = given.charCodeAt(bad).toString(16).padStart(4, "0");
    throw new RosError(`XML-RPC cannot say a text with the character U+${code}, at ${bad}`);
  }
  return given.replace(/[&<>\r]/g, (character) => escapes[character]!);
}
