import { RosError } from "../../../src/errors.ts";
import type { Constant, Definition, Field } from "../message/definition.ts";
import type { Library } from "../message/library.ts";
import { numberTypes } from "../message/numbers.ts";
import { commentsOf } from "./comments.ts";
import { typeNames } from "./names.ts";
import { select } from "./selection.ts";

/**
 * Writes types for TypeScript: of messages, services and actions, as the bridge gives them.
 *
 * @param names packages, or single types of them
 * @returns a module
 * @throws RosError when something of this, or something that it needs, is not known
 */
export function generate(names: readonly string[], library: Library): string {
  const { messages, services, actions } = select(names, library);
  const halves = [...services].flatMap(([name, { request, response }]) =>
    [[`${name}Request`, request], [`${name}Response`, response]] as const
  );
  const all = new Map<string, Definition>([...messages, ...halves]);
  const types = typeNames([...all.keys()]);
  const texts = [...all].map(([name, definition]) => declaration(name, definition, types));
  const entry = (name: string, parts: readonly (readonly [key: string, type: string])[]): string =>
    `    ${JSON.stringify(name)}: {\n${parts.map(([key, type]) => `      readonly ${key}: ${types.get(type)!};\n`).join("")}    };\n`;
  const registry = [
    block("RosTypes", [...messages.keys()].map((name) => line(name, types.get(name)!))),
    block(
      "RosServiceTypes",
      [...services.keys()].map((name) => entry(name, [["request", `${name}Request`], ["response", `${name}Response`]])),
    ),
    block(
      "RosActionTypes",
      actions.map((name) => entry(name, ["Goal", "Feedback", "Result"].map((part) => [part.toLowerCase(), name.replace(/Action$/, part)]))),
    ),
  ].filter((text) => text !== "");
  const usesTime = texts.some((text) => /: (readonly )?RosTime\b/.test(text));
  return [
    `/**\n * Types of ROS, written by \`pyros ros types ${names.join(" ")}\`.\n *\n * @module\n */\n` +
    `import type {${usesTime ? " RosTime " : ""}} from "pyros/ros";\n`,
    ...texts,
    `declare module "pyros/ros" {\n${registry.join("\n")}}\n`,
  ].join("\n");
}

/** As wide as formatters have it. */
function line(name: string, type: string): string {
  const whole = `    ${JSON.stringify(name)}: ${type};\n`;
  return whole.length <= 81 ? whole : `    ${JSON.stringify(name)}:\n      ${type};\n`;
}

function block(name: string, entries: readonly string[]): string {
  return entries.length === 0 ? "" : `  interface ${name} {\n${entries.join("")}  }\n`;
}

function declaration(name: string, { fields, constants, text }: Definition, types: ReadonlyMap<string, string>): string {
  const own = types.get(name)!;
  const comments = commentsOf(text);
  const about = (member: string): string => doc(comments.of.get(member) ?? [], "  ");
  const [first, ...more] = comments.type;
  const head = doc([first === undefined ? `\`${name}\`` : `\`${name}\`: ${first}`, ...more], "");
  const body = fields.length === 0
    ? `export type ${own} = Record<string, never>;\n`
    : `export interface ${own} {\n${
      fields.map((field) => `${about(field.name)}  readonly ${field.name}: ${typeOf(field, types)};\n`).join("")
    }}\n`;
  if (constants.length === 0) return `${head}${body}`;
  const values = constants.map((constant) => `${about(constant.name)}  ${constant.name}: ${valueOf(constant, name)},\n`).join("");
  return `${head}${body}\n/** Constants of \`${name}\`. */\nexport const ${own} = {\n${values}} as const;\n`;
}

function doc(lines: readonly string[], indent: string): string {
  if (lines.length === 0) return "";
  if (lines.length === 1) return `${indent}/** ${lines[0]!} */\n`;
  return `${indent}/**\n${lines.map((line) => `${indent} * ${line}`.trimEnd()).join("\n")}\n${indent} */\n`;
}

function typeOf({ type, count }: Field, types: ReadonlyMap<string, string>): string {
  const number = numberTypes[type];
  if (count !== undefined && number !== undefined) return number.array.name;
  const one = number !== undefined
    ? number.big ? "bigint" : "number"
    : type === "bool"
    ? "boolean"
    : type === "string"
    ? "string"
    : type === "time" || type === "duration"
    ? "RosTime"
    : types.get(type)!;
  return count === undefined ? one : `readonly ${one}[]`;
}

/** @throws RosError when it is no value of its type */
function valueOf({ name, type, text }: Constant, owner: string): string {
  if (type === "string") return quoted(text);
  if (type === "bool") return String(/^(true|1)$/i.test(text));
  const number = Number(text);
  const isWhole = numberTypes[type]!.fits !== undefined || numberTypes[type]!.big;
  if (text === "" || Number.isNaN(number) || (isWhole && !/^[-+]?\d+$/.test(text))) {
    throw new RosError(`the constant ${name} of ${owner} is ${text}, which is no ${type}`, { name: owner });
  }
  return numberTypes[type]!.big ? `${BigInt(text)}n` : String(number);
}

function quoted(text: string): string {
  const json = JSON.stringify(text);
  return text.includes('"') && !text.includes("'") && !text.includes("\\") ? `'${json.slice(1, -1).replaceAll('\\"', '"')}'` : json;
}
