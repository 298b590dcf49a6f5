/**
 * Params as text that people read and write: YAML or JSON. Every canonical value comes back as it was (see `encode.ts`).
 *
 * @module
 */
import YAML from "yaml";
import { PyrosError, ValidationError } from "../errors.ts";
import { decode, isForm } from "./decode.ts";
import { encode } from "./encode.ts";
import { jsonMistake } from "./json-mistake.ts";
import { childName } from "./nodes.ts";
import { isSubtree } from "./rule.ts";

/** How params are written. */
export type ParamFormat = "yaml" | "json";

/**
 * The format that a file's name asks for.
 *
 * @param file ends in `.yaml`, `.yml` or `.json`
 * @throws {ValidationError} if it ends otherwise
 */
export function formatOf(file: string): ParamFormat {
  if (/\.ya?ml$/i.test(file)) return "yaml";
  if (/\.json$/i.test(file)) return "json";
  throw new ValidationError(`${file}: a file of params ends in .yaml, .yml or .json`, { name: file });
}

/**
 * Reads params: plain objects are subtrees, everything else are values.
 *
 * @param text as written by {@link printParams}, or by hand
 * @param format YAML 1.2 or JSON
 * @param where the name of the file, for messages
 * @throws {ValidationError} if it is not of that format, with line and column; or if something in it is no value, with its path
 */
export function parseParams(text: string, format: ParamFormat, where = "params"): unknown {
  return readTree(parseText(text, format, where), "/", where);
}

/**
 * Writes params.
 *
 * @param value a subtree, as `ParamTree.get` returns it, or a single value; names come out sorted
 * @param format YAML or JSON
 */
export function printParams(value: unknown, format: ParamFormat): string {
  return `${printNode(value, format, "")}\n`.replace(/^\n/, "");
}

/**
 * Parses a whole text to what JSON knows, with every mistake told by line and column.
 *
 * @throws {ValidationError} if it is not of that format
 */
export function parseText(text: string, format: ParamFormat, where: string): unknown {
  return format === "json" ? parseJson(text, where) : parseYaml(text, where);
}

/** Values that were parsed, with the subtrees around them. */
export function readTree(coded: unknown, name: string, where: string): unknown {
  if (typeof coded !== "object" || coded === null || Array.isArray(coded) || isForm(coded)) {
    try {
      return decode(coded, name);
    } catch (error) {
      if (error instanceof PyrosError) throw mistake(where, undefined, error.message, error);
      throw mistake(where, undefined, `${name} is nested too deep`, error);
    }
  }
  if (name.length > 255) throw mistake(where, undefined, `${name.slice(0, 40)}… has more than the 255 characters that a name may have`);
  const tree: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(coded)) {
    if (key === "__proto__") throw mistake(where, undefined, `${childName(name, key)}: no param can be called __proto__`);
    tree[key] = readTree(value, childName(name, key), where);
  }
  return tree;
}

function parseJson(text: string, where: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const at = jsonMistake(text); // what the runtime says of the place differs, and is often nothing
    throw mistake(
      where,
      placeOf(text, at),
      at === text.length ? "the text ends too early" : `${JSON.stringify(text[at])} is not expected here`,
      error,
    );
  }
}

function placeOf(text: string, offset: number): { line: number; col: number } {
  const lines = text.slice(0, offset).split("\n");
  return { line: lines.length, col: lines.at(-1)!.length + 1 };
}

function parseYaml(text: string, where: string): unknown {
  // The parser's own check for duplicates takes quadratic time.
  const document = YAML.parseDocument(text, { uniqueKeys: false, stringKeys: true, resolveKnownTags: false, prettyErrors: true });
  const problem = document.errors[0] ?? document.warnings[0];
  if (problem !== undefined) throw mistake(where, problem.linePos?.[0], problem.message.split(/ at line \d+|\n/)[0], problem);
  YAML.visit(document, {
    Map(_, map) {
      const seen = new Set<unknown>();
      for (const { key } of map.items) {
        const { value, range } = key as YAML.Scalar;
        if (seen.has(value)) throw mistake(where, placeOf(text, range![0]), `the key ${String(value)} stands here a second time`);
        seen.add(value);
      }
    },
  });
  try {
    return document.toJS() as unknown;
  } catch (error) {
    throw mistake(where, undefined, (error as Error).message, error);
  }
}

function mistake(where: string, at: { line: number; col: number } | undefined, message: string, cause?: unknown): ValidationError {
  return new ValidationError(`${where}${at === undefined ? "" : `:${at.line}:${at.col}`}: ${message}`, { name: where, cause });
}

/** A subtree a line a leaf, and a leaf on one line. */
function printNode(value: unknown, format: ParamFormat, indent: string): string {
  if (!isSubtree(value)) return format === "json" ? printJson(encode(value)) : printYaml(encode(value));
  const keys = Object.keys(value).sort();
  if (keys.length === 0) return "{}";
  if (format === "json") {
    const inner = `${indent}  `;
    return `{\n${keys.map((key) => `${inner}${printJson(key)}: ${printNode(value[key], format, inner)}`).join(",\n")}\n${indent}}`;
  }
  return keys.map((key) => {
    const child = value[key];
    const isOpen = isSubtree(child) && Object.keys(child).length > 0;
    return `\n${indent}${printYaml(key)}:${isOpen ? "" : " "}${printNode(child, format, `${indent}  `)}`;
  }).join("");
}

/** JSON that YAML reads as well: without characters that it does not print. */
function printJson(coded: unknown): string {
  // eslint-disable-next-line no-control-regex
  return JSON.stringify(coded).replace(
    /[\u007f-\u009f\u2028\u2029\ufeff\ufffe\uffff]/g,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** Words that YAML, of one version or another, takes for something else than text. */
const notText = /^(true|false|null|yes|no|on|off|y|n|nan|inf|infinity)$/i;
const levels = 50;
const longestKey = 500;

function printYaml(coded: unknown): string {
  if (typeof coded === "string" && /^[A-Za-z_][\w./-]*$/.test(coded) && !notText.test(coded)) return coded;
  if (typeof coded !== "object" || coded === null) return printJson(coded);
  const number: unknown = (coded as { $number?: unknown }).$number;
  if (number !== undefined) return { NaN: ".nan", Infinity: ".inf", "-Infinity": "-.inf" }[number as string] ?? "-0.0";
  // The parser gives up on deep nesting and on very long keys.
  return printJson(isTame(coded, levels) ? coded : { $json: JSON.stringify(coded) });
}

function isTame(coded: unknown, levels: number): boolean {
  if (typeof coded !== "object" || coded === null) return true;
  if (levels === 0) return false;
  if (Array.isArray(coded)) return coded.every((item) => isTame(item, levels - 1));
  return Object.entries(coded).every(([key, item]) => key.length <= longestKey && isTame(item, levels - 1));
}
