/** Definitions of messages as text: the language of `.msg` and `.srv` files. */
import { RosError } from "../../../src/errors.ts";

/** The types that need no definition, and the bytes that one takes; text has no fixed size. */
export const primitives: Readonly<Record<string, number | undefined>> = {
  bool: 1,
  int8: 1,
  uint8: 1,
  byte: 1,
  char: 1,
  int16: 2,
  uint16: 2,
  int32: 4,
  uint32: 4,
  int64: 8,
  uint64: 8,
  float32: 4,
  float64: 8,
  time: 8,
  duration: 8,
  string: undefined,
};

/** A field of a message. */
export interface Field {
  readonly name: string;
  /** A primitive, or the full name of a message, such as `geometry_msgs/Point`. */
  readonly type: string;
  /** How many there are: a number, `any` for a list of any length; undefined for one. */
  readonly count: number | "any" | undefined;
}

/** A constant of a message; it is in its definition, and not on the wire. */
export interface Constant {
  readonly name: string;
  readonly type: string;
  /** As it is written: it counts for the MD5. */
  readonly text: string;
}

/** The definition of one message. */
export interface Definition {
  /** `package/Name`. */
  readonly name: string;
  readonly fields: readonly Field[];
  readonly constants: readonly Constant[];
  /** As it was written. */
  readonly text: string;
}

const longest = 256 * 1024; // characters of one definition
const longestWhole = 2 ** 20; // characters of one with all that it needs: no more goes into the header of a connection
const mostLines = 10_000;
const largestCount = 2 ** 26; // items of an array of fixed length
const typeName = /^[A-Za-z][A-Za-z0-9_]*(\/[A-Za-z][A-Za-z0-9_]*)?$/;
const fieldName = /^[A-Za-z][A-Za-z0-9_]*$/;

/** Whether something is the full name of a type: `package/Name`. */
export function isTypeName(name: string): boolean {
  return name.includes("/") && name.length <= 255 && typeName.test(name);
}

/** The name of a type without the kind that ROS 2 puts between package and name: `std_msgs/String` for `std_msgs/msg/String`. */
export function plainName(type: string): string {
  return type.replace(/^([^/]+)\/(?:msg|srv|action)\/([^/]+)$/, "$1/$2");
}

/** Whether that type needs no definition. */
export function isPrimitive(type: string): boolean {
  return Object.hasOwn(primitives, type);
}

/**
 * Reads the definition of a message.
 *
 * @param name its full name, `package/Name`: bare names in it are of the same package
 * @throws RosError that names the line, and what is wrong with it
 */
export function parseDefinition(name: string, text: string): Definition {
  if (!isTypeName(name)) throw new RosError(`${JSON.stringify(name.slice(0, 80))} is no type; one is written package/Name`, { name });
  if (text.length > longest) {
    throw new RosError(`the definition of ${name} has ${text.length} characters, ${longest} are allowed`, { name });
  }
  const fields: Field[] = [];
  const constants: Constant[] = [];
  const lines = text.split("\n");
  if (lines.length > mostLines) {
    throw new RosError(`the definition of ${name} has ${lines.length} lines, ${mostLines} are allowed`, { name });
  }
  lines.forEach((written, i) => {
    const line = written.replace(/#.*/, "").trim();
    if (line === "") return;
    const refuse = (why: string): never => {
      throw new RosError(`line ${i + 1} of the definition of ${name}, ${JSON.stringify(written.trim().slice(0, 80))}: ${why}`, { name });
    };
    const end = line.search(/\s/);
    if (end < 0) refuse("a field is a type and a name");
    const [type, rest] = [line.slice(0, end), line.slice(end).trim()];
    if (rest.includes("=")) constants.push(constant(type, rest, written, refuse));
    else fields.push(field(name, type, rest, refuse));
  });
  const seen = new Set<string>();
  for (const { name: one } of [...fields, ...constants]) {
    if (seen.has(one)) throw new RosError(`the definition of ${name} has ${one} twice`, { name });
    seen.add(one);
  }
  return { name, fields, constants, text };
}

function constant(type: string, rest: string, written: string, refuse: (why: string) => never): Constant {
  if (!isPrimitive(type) || type === "time" || type === "duration") refuse(`a constant cannot be a ${type}`);
  const at = rest.indexOf("=");
  const name = rest.slice(0, at).trim();
  if (!fieldName.test(name)) refuse("its name is no name");
  // Of text, all that follows belongs to it: also what looks like a comment.
  const text = type === "string" ? written.slice(written.indexOf("=") + 1) : rest.slice(at + 1);
  return { name, type, text: text.trim() };
}

function field(owner: string, written: string, name: string, refuse: (why: string) => never): Field {
  if (!fieldName.test(name)) refuse("its name is no name");
  const [, base, length] = /^([^[\]]+)(?:\[(\d*)\])?$/.exec(written) ?? refuse("its type is no type");
  if (!typeName.test(base!)) refuse("its type is no type");
  const count = length === undefined ? undefined : length === "" ? "any" : Number(length);
  if (typeof count === "number" && count > largestCount) refuse(`an array has at most ${largestCount} items`);
  return { name, type: fullName(owner, base!), count };
}

function fullName(owner: string, type: string): string {
  if (isPrimitive(type) || type.includes("/")) return type;
  return type === "Header" ? "std_msgs/Header" : `${owner.slice(0, owner.indexOf("/"))}/${type}`;
}

/**
 * The parts of the text that a connection gives for a type: its own definition, and those that it needs, by name.
 *
 * @throws RosError when it is longer than any connection's
 */
export function splitDefinitions(text: string): { readonly own: string; readonly needed: ReadonlyMap<string, string> } {
  if (text.length > longestWhole) throw new RosError(`a definition with all that it needs has more than ${longestWhole} characters`);
  const [own = "", ...rest] = text.split(/^={10,}[ \t]*\r?$/m);
  const needed = new Map<string, string>();
  for (const part of rest) {
    const match = /^\s*MSG:[ \t]*(\S+)[ \t]*\r?\n?/.exec(part);
    if (match !== null) needed.set(match[1]!, part.slice(match[0].length));
  }
  return { own, needed };
}

/** The two parts of the definition of a service. */
export function splitService(text: string): { readonly request: string; readonly response: string } {
  const [request = "", response = ""] = text.split(/^---[ \t]*\r?$/m);
  return { request, response };
}
