/** Writes, for one type, the function that writes a message, with the checks that make it fit. */
import type { Field } from "./definition.ts";
import type { Layout } from "./layout.ts";
import { numberTypes } from "./numbers.ts";
import type { Output } from "./output.ts";
import * as unfit from "./unfit.ts";

/** Writes one message; throws RosError for a value that does not fit the type. */
export type Write = (output: Output, value: unknown) => void;

/**
 * @param layouts of a type and of all that it needs
 * @returns by type
 */
export function compileWriters(layouts: ReadonlyMap<string, Layout>): ReadonlyMap<string, Write> {
  const kinds = Object.fromEntries(Object.entries(numberTypes).map(([name, type]) => [name, type!.array]));
  const functions = [...layouts.values()].map((layout) => functionOf(layout, layouts));
  const all = [...layouts].map(([type, { index }]) => `[${JSON.stringify(type)}, w${index}]`);
  const source = `"use strict";\n${functions.join("\n")}\nreturn new Map([${all.join(", ")}]);`;
  return new Function("kinds", "unfit", source)(kinds, unfit) as ReadonlyMap<string, Write>;
}

function functionOf({ definition, index }: Layout, layouts: ReadonlyMap<string, Layout>): string {
  const { name, fields } = definition;
  const keys = JSON.stringify(fields.map((field) => field.name));
  const lines = fields.map((field) => {
    const where = JSON.stringify(`${name}.${field.name}`);
    return `{ const x = m[${JSON.stringify(field.name)}]; ${
      field.count === undefined ? one(field.type, where, layouts) : list(field, where, layouts)
    } }`;
  });
  return `const keys${index} = ${keys};
function w${index}(o, m) {
if (typeof m !== "object" || m === null) m = unfit.object(m, ${JSON.stringify(name)});
let n = 0;
for (const _ in m) n++;
if (${
    [`n !== ${fields.length}`, ...fields.map((field) => `m[${JSON.stringify(field.name)}] === undefined`)].join(" || ")
  }) unfit.keys(m, keys${index}, ${JSON.stringify(name)});
${lines.join("\n")}
}`;
}

/** Writes `x`. */
function one(type: string, where: string, layouts: ReadonlyMap<string, Layout>): string {
  const number = numberTypes[type];
  if (number !== undefined) {
    const fits = number.big
      ? `typeof x === "bigint" && BigInt.as${type === "int64" ? "Int" : "Uint"}N(64, x) === x`
      : number.fits ?? `typeof x === "number"`;
    const value = `${fits} ? x : unfit.number(x, "${type}", ${where})`;
    return `const p = o.skip(${number.size}), y = ${value}; o.view.set${number.method}(p, y${number.size === 1 ? "" : ", true"});`;
  }
  if (type === "bool") return `const p = o.skip(1); o.view.setUint8(p, x === true || (x !== false && unfit.flag(x, ${where})) ? 1 : 0);`;
  if (type === "string") return `o.text(typeof x === "string" ? x : unfit.text(x, ${where}));`;
  if (type === "time" || type === "duration") {
    const method = type === "time" ? "Uint32" : "Int32";
    const value = `unfit.time(x, "${type}", ${where})`;
    return `const t = ${value}, p = o.skip(8); o.view.set${method}(p, t.sec, true); o.view.set${method}(p + 4, t.nsec, true);`;
  }
  return `w${layouts.get(type)!.index}(o, x);`;
}

function list({ type, count }: Field, where: string, layouts: ReadonlyMap<string, Layout>): string {
  const length = count === "any" ? "o.length(list.length);" : "";
  const wanted = count === "any" ? "" : String(count);
  const item = `for (let k = 0; k < list.length; k++) { const x = list[k]; ${one(type, where, layouts)} }`;
  if (numberTypes[type] === undefined) {
    const filled = layouts.has(type) ? "{}" : "undefined";
    return `const list = unfit.list(x, ${where}, ${wanted || "undefined"}, ${filled}); ${length} ${item}`;
  }
  return `const list = unfit.numbers(x, kinds.${type}, ${where}${wanted === "" ? "" : `, ${wanted}`}); ${length}
if (list instanceof kinds.${type}) o.raw(list); else ${item}`;
}
