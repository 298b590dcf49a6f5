/** Writes, for one type, the function that reads a message, as one would by hand. */
import { type Field, primitives } from "./definition.ts";
import type { Input } from "./input.ts";
import type { Layout } from "./layout.ts";
import { numberTypes } from "./numbers.ts";

/** Reads one message up to its last field; throws RosError for one that does not fit its type. */
export type Read = (input: Input) => unknown;

/** @param layouts of a type and of all that it needs; its own comes last */
export function compileReader(layouts: ReadonlyMap<string, Layout>): Read {
  const kinds = Object.fromEntries(Object.entries(numberTypes).map(([name, type]) => [name, type!.array]));
  const functions = [...layouts.values()].map((layout) => functionOf(layout, layouts));
  const source = `"use strict";\n${functions.join("\n")}\nreturn (i) => ${read([...layouts.values()].at(-1)!)};`;
  return new Function("kinds", source)(kinds) as Read;
}

function functionOf({ definition, size, index }: Layout, layouts: ReadonlyMap<string, Layout>): string {
  // Of a fixed size: its bytes are known to be there, and each field has its place.
  let at = 0;
  const lines = definition.fields.map((field, n) => {
    const place = at === 0 ? "p" : `p + ${at}`;
    const value = size === undefined ? variable(field, layouts) : fixed(field, place, layouts);
    if (size !== undefined) at += sizeOf(field, layouts);
    return `const f${n} = ${value};`;
  });
  const object = `{ ${definition.fields.map(({ name }, n) => `${JSON.stringify(name)}: f${n}`).join(", ")} }`;
  return `function r${index}(i${size === undefined ? "" : ", p"}) {\nconst v = i.view;\n${lines.join("\n")}\nreturn ${object};\n}`;
}

/** Reads a message from where the input is. */
function read({ index, size }: Layout): string {
  return size === undefined ? `r${index}(i)` : `r${index}(i, i.skip(${size}))`;
}

function sizeOf({ type, count }: Field, layouts: ReadonlyMap<string, Layout>): number {
  return (primitives[type] ?? layouts.get(type)!.size!) * (typeof count === "number" ? count : 1);
}

/** A field whose bytes begin at `p`. */
function fixed({ type, count }: Field, p: string, layouts: ReadonlyMap<string, Layout>): string {
  if (count === undefined) return one(type, p, layouts);
  // Lists are read from where the input is, so it goes there and comes back.
  return `((back) => { i.at = ${p}; const list = ${list(type, String(count), layouts)}; i.at = back; return list; })(i.at)`;
}

function one(type: string, p: string, layouts: ReadonlyMap<string, Layout>): string {
  const number = numberTypes[type];
  if (number !== undefined) return `v.get${number.method}(${p}${number.size === 1 ? "" : ", true"})`;
  if (type === "bool") return `v.getUint8(${p}) !== 0`;
  if (type === "time") return `{ sec: v.getUint32(${p}, true), nsec: v.getUint32(${p} + 4, true) }`;
  if (type === "duration") return `{ sec: v.getInt32(${p}, true), nsec: v.getInt32(${p} + 4, true) }`;
  return `r${layouts.get(type)!.index}(i, ${p})`;
}

/** A field that begins where the input is. */
function variable({ type, count }: Field, layouts: ReadonlyMap<string, Layout>): string {
  if (count !== undefined) return list(type, count === "any" ? "i.length()" : String(count), layouts);
  if (type === "string") return "i.text()";
  const size = primitives[type];
  if (size === undefined) return read(layouts.get(type)!);
  return `((p) => (${one(type, "p", layouts)}))(i.skip(${size}))`;
}

function list(type: string, count: string, layouts: ReadonlyMap<string, Layout>): string {
  if (numberTypes[type] !== undefined) return `i.numbers(kinds.${type}, ${count})`;
  if (type === "bool") return `i.flags(${count})`;
  const layout = layouts.get(type);
  const least = layout?.least ?? primitives[type] ?? 4;
  const item = type === "string" ? "i.text()" : layout === undefined ? `((p) => (${one(type, "p", layouts)}))(i.skip(8))` : read(layout);
  return `((n) => { const list = new Array(i.items(n, ${least}, ${
    layout?.parts ?? 1
  })); for (let k = 0; k < n; k++) list[k] = ${item}; return list; })(${count})`;
}
