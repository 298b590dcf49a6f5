/** Definitions as a rosbridge server tells them, in the language that this project reads: that of ROS 1. */
import { RosError } from "../../../src/errors.ts";
import { plainName } from "../message/definition.ts";

/** The version of ROS behind a server. */
export type RosVersion = 1 | 2;

/** Definitions of messages by name: `package/Name`. */
export interface Definitions {
  readonly texts: ReadonlyMap<string, string>;
  /** Whether a list in them has a length that it may not exceed. */
  readonly hasBounds: boolean;
}

/** Names that mean the same, in ROS 2 and in the language that it makes of definitions. */
const words: Readonly<Record<string, string | undefined>> = {
  boolean: "bool",
  octet: "uint8",
  byte: "uint8",
  float: "float32",
  double: "float64",
  wstring: "string",
  "builtin_interfaces/Time": "time",
  "builtin_interfaces/Duration": "duration",
};

/** The name of a type as a server wants it. */
export function fullName(type: string, kind: "msg" | "srv", version: RosVersion): string {
  return version === 1 ? type : type.replace("/", `/${kind}/`);
}

/**
 * The definitions in an answer of rosapi: a list of types with their fields.
 *
 * @throws RosError when it is none
 */
export function fromTypedefs(list: unknown, version: RosVersion): Definitions & { readonly root: string } {
  const texts = new Map<string, string>();
  let hasBounds = false;
  let root = "";
  for (const one of Array.isArray(list) ? (list as unknown[]).slice(0, 1000) : []) {
    const { type, fieldnames, fieldtypes, fieldarraylen } = (one ?? {}) as Record<string, unknown>;
    if (typeof type !== "string" || !Array.isArray(fieldnames) || !Array.isArray(fieldtypes) || !Array.isArray(fieldarraylen)) continue;
    if (!type.includes("/") || plainName(type) in words) continue; // of what is built in, it makes definitions too
    const lines = fieldnames.map((name: unknown, i) => {
      const length = fieldarraylen[i] as unknown;
      const written = String(fieldtypes[i]);
      hasBounds ||= /,/.test(written);
      const brackets = typeof length !== "number" || length < 0 ? "" : length === 0 ? "[]" : `[${length}]`;
      const field = version === 2 ? String(name).replace(/^_/, "") : String(name);
      return `${typeOf(written.replace(/^sequence</, "").replace(/(?:<[^>]*>|,.*)$/, ""), version)}${brackets} ${field}`;
    });
    root ||= plainName(type);
    texts.set(plainName(type), lines.join("\n"));
  }
  if (root === "") throw new RosError("the server knows no definition of it");
  return { texts, hasBounds, root };
}

/**
 * A definition as text.
 *
 * @param text as its file has it
 */
export function fromText(text: string, version: RosVersion): { readonly text: string; readonly isBounded: boolean } {
  if (version === 1) return { text, isBounded: false };
  let isBounded = false;
  const lines = text.split("\n").map((line) => {
    const [, written = "", bound = "", brackets = "", name = "", rest = ""] =
      /^\s*([A-Za-z][\w/]*)(<=\d+)?(\[(?:<=)?\d*\])?\s+(\w+)\s*(.*)$/.exec(line) ?? [];
    if (written === "") return line.replace(/#.*/, "");
    if (rest.startsWith("=")) return `${typeOf(written, version)} ${name}${rest}`;
    isBounded ||= brackets.includes("<") || bound !== "";
    return `${typeOf(written, version)}${brackets.includes("<") ? "[]" : brackets} ${name}`; // what follows is a default, or a comment
  });
  return { text: lines.join("\n"), isBounded };
}

function typeOf(written: string, version: RosVersion): string {
  const name = plainName(written);
  return version === 2 && Object.hasOwn(words, name) ? words[name]! : name;
}
