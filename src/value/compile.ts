/** Writes, for one shape, the copy function that one would write by hand, with the checks that make it safe; or the checks alone. */
import { checkShared } from "./check.ts";
import { snapshotPart } from "./copy.ts";
import { type ObjectShape, PRIMITIVE, type Shape } from "./learn.ts";
import { bigintSize, HEAD, tally, WORD } from "./size.ts";
import { isWellFormed } from "./text.ts";

/** What a compiled copier returns for a value of another shape. */
export const MISS: unique symbol = Symbol("miss");

/** Copies a value of the shape it was compiled for and leaves its size in the tally, or returns {@link MISS}; may throw what the value throws. */
export type Compiled = (value: unknown) => unknown;

/** What a compiled check returns for a value of another shape; no size is negative. */
export const UNFIT = -1;

/** Returns the size of a value of the shape it was compiled for that may be shared, or {@link UNFIT}; may throw what the value throws. */
export type CompiledCheck = (value: unknown) => number;

/** Longer arrays take the checked walk, which looks at their holes before it allocates. */
const MAX_ITEMS = 1_000_000;
/** Up to this length the last string of a place is kept, to know it again; longer ones might hold on to the text they were cut from. */
export const SHORT_TEXT = 12;
/** Elements of an array that have a last string each; a power of two. */
const TEXTS = 16;
/** Up to so many keys are compared as literals, the next one expected in the first of as many variables, instead of looked up. */
const FEW_KEYS = 8;
const MAX_CACHED = 256;

const tools = {
  MISS,
  tally,
  isWellFormed,
  bigintSize,
  snapshotPart,
  checkShared,
  ObjectPrototype: Object.prototype,
  ArrayPrototype: Array.prototype,
};
const toolNames = Object.keys(tools);
/** Compiled functions by their source: the thousand streams of one kind share one. */
const cache = new Map<string, unknown>();

/** A copier for `shape`, or undefined where the runtime forbids to make functions of text. */
export function compile(shape: Shape): Compiled | undefined {
  return make(new Writer(true).write(shape)) as Compiled | undefined;
}

/** A check of values of `shape` for sharing, or undefined where the runtime forbids to make functions of text. */
export function compileCheck(shape: Shape): CompiledCheck | undefined {
  return make(new Writer(false).write(shape)) as CompiledCheck | undefined;
}

function make(source: string): unknown {
  const known = cache.get(source);
  if (known !== undefined) return known;
  try {
    const make = new Function(...toolNames, source) as (...args: unknown[]) => unknown;
    const compiled = make(...Object.values(tools));
    if (cache.size >= MAX_CACHED) cache.clear();
    cache.set(source, compiled);
    return compiled;
  } catch {
    return undefined;
  }
}

/** The name that holds a copied (or just checked) place, and the bytes that it takes whatever stands there. */
interface Written {
  name: string;
  fixed: number;
}

class Writer {
  #outer = "";
  #body = "";
  #names = 0;
  /** The index of the innermost array around the place that is being written. */
  #index: string | undefined;
  readonly #copies: boolean;
  /** Leaves the function when the value does not fit. */
  readonly #miss: string;

  /** @param copies whether the value is copied, or just checked */
  constructor(copies: boolean) {
    this.#copies = copies;
    this.#miss = copies ? "return MISS;" : `return ${UNFIT};`;
  }

  write(shape: Shape): string {
    const { name, fixed } = this.#place(shape, "value", 0);
    return `"use strict";
const { getPrototypeOf } = Object, { isArray } = Array;
${this.#outer}return function ${this.#copies ? "copy" : "check"}(value) {
let bytes = 0;
${this.#body}${this.#copies ? `tally.bytes = bytes + ${fixed};\nreturn ${name};` : `return bytes + ${fixed};`}
};`;
  }

  #name(prefix: string): string {
    return `${prefix}${this.#names++}`;
  }

  #line(text: string): void {
    this.#body += `${text}\n`;
  }

  /** Checks and copies what `name` holds. */
  #place(shape: Shape, name: string, level: number): Written {
    if (shape.objects.length === 0 && shape.items === undefined && !shape.other) {
      this.#primitive(shape, name);
      return { name, fixed: WORD };
    }
    const copy = this.#copies ? this.#name("copy") : name;
    if (this.#copies) this.#line(`let ${copy} = ${name};`);
    if (shape.primitives === 0) {
      this.#line(`if (typeof ${name} !== "object" || ${name} === null) ${this.#miss}`);
      this.#object(shape, name, copy, level);
    } else {
      this.#line(`if (typeof ${name} === "object" && ${name} !== null) {`);
      this.#object(shape, name, copy, level);
      this.#line("} else {");
      this.#primitive(shape, name);
      this.#line(`bytes += ${WORD};\n}`);
    }
    return { name: copy, fixed: 0 };
  }

  /** Checks a primitive, and counts what it has beyond a word. */
  #primitive(shape: Shape, name: string): void {
    const has = (kind: keyof typeof PRIMITIVE): boolean => (shape.primitives & PRIMITIVE[kind]) !== 0;
    const plain: string[] = [];
    for (const kind of ["number", "boolean"] as const) if (has(kind)) plain.push(`typeof ${name} !== "${kind}"`);
    for (const kind of ["undefined", "null"] as const) if (has(kind)) plain.push(`${name} !== ${kind}`);
    let check = plain.length === 0 ? this.#miss : `if (${plain.join(" && ")}) ${this.#miss}`;
    if (has("bigint")) check = `if (typeof ${name} === "bigint") bytes += bigintSize(${name}) - ${WORD}; else ${check}`;
    if (has("string")) {
      let last = this.#name("last");
      // The strings in an array mostly are other ones than their neighbours, and the same as last time at their index.
      this.#outer += this.#index === undefined ? `let ${last} = "";\n` : `const ${last} = new Array(${TEXTS}).fill("");\n`;
      if (this.#index !== undefined) last = `${last}[${this.#index} & ${TEXTS - 1}]`;
      check = `if (typeof ${name} === "string") {
if (${name} !== ${last}) {
if (!isWellFormed(${name})) ${this.#miss}
if (${name}.length <= ${SHORT_TEXT}) ${last} = ${name};
}
bytes += ${HEAD - WORD} + 2 * ${name}.length;
} else ${check}`;
    }
    this.#line(check);
  }

  /** Checks the object or array that `name` holds, and copies it into `copy`. */
  #object(shape: Shape, name: string, copy: string, level: number): void {
    const found = this.#name("found");
    this.#line(`${found}: {`);
    if (shape.items !== undefined) this.#array(shape.items, name, copy, found, level);
    for (const object of shape.objects) {
      this.#plain(object, name, copy, found, level, !shape.other && object === shape.objects.at(-1));
    }
    if (shape.other) {
      this.#line(this.#copies ? `${copy} = snapshotPart(${name}, ${level});` : `checkShared(${name}, undefined, ${level});`);
      this.#line("bytes += tally.bytes;");
    } else {
      this.#line(this.#miss);
    }
    this.#line("}");
  }

  #array(items: Shape, name: string, copy: string, found: string, level: number): void {
    const array = this.#name("array");
    const item = this.#name("item");
    const i = this.#name("i");
    this.#line(`if (isArray(${name})) {
if (getPrototypeOf(${name}) !== ArrayPrototype || ${name}.length > ${MAX_ITEMS}) ${this.#miss}
const ${array} = ${this.#copies ? `[...${name}]` : name};
for (let ${i} = 0; ${i} < ${array}.length; ${i}++) {
const ${item} = ${array}[${i}];`);
    const around = this.#index;
    this.#index = i;
    const written = this.#place(items, item, level + 1);
    this.#index = around;
    // A hole would arrive as undefined elsewhere.
    if (!this.#copies && (items.primitives & PRIMITIVE.undefined) !== 0) {
      this.#line(`if (${item} === undefined && !(${i} in ${array})) ${this.#miss}`);
    }
    if (written.name !== item) this.#line(`${array}[${i}] = ${written.name};`);
    this.#line(`}
bytes += ${HEAD} + ${written.fixed} * ${array}.length;`);
    if (this.#copies) this.#line(`${copy} = ${array};`);
    this.#line(`break ${found};\n}`);
  }

  /** @param isLast whether there is no other shape left to try: keys are compared last then, which holds up less of the rest */
  #plain(object: ObjectShape, name: string, copy: string, found: string, level: number, isLast: boolean): void {
    const other = this.#name("other");
    const quoted = object.keys.map((key) => JSON.stringify(key));
    const values = object.keys.map(() => this.#name("value"));
    this.#line(`${other}: {`);
    // Values first: it lets the compiler see the object's hidden class, and what follows costs a third less.
    values.forEach((value, k) => this.#line(`const ${value} = ${name}[${quoted[k]}];`));
    // An array with the prototype of objects is neither.
    const orArray = object.keys.length === 0 || /^\d/.test(object.keys[0]) ? ` || isArray(${name})` : "";
    this.#line(`if (getPrototypeOf(${name}) !== ObjectPrototype${orArray}) break ${other};`);
    if (!isLast) this.#keys(quoted, name, other);
    let fixed = HEAD;
    const parts = object.values.map((shape, k) => {
      const written = this.#place(shape, values[k], level + 1);
      fixed += written.fixed + 2 * object.keys[k].length;
      return `${quoted[k]}: ${written.name}`;
    });
    if (isLast) this.#keys(quoted, name, other);
    this.#line(`bytes += ${fixed};`);
    if (this.#copies) this.#line(`${copy} = { ${parts.join(", ")} };`);
    this.#line(`break ${found};\n}`);
  }

  /** Leaves the block `other` where the keys of `name` are not just these, in this order. */
  #keys(quoted: readonly string[], name: string, other: string): void {
    if (quoted.length > FEW_KEYS) {
      const keys = this.#name("keys");
      const i = this.#name("i");
      this.#outer += `const ${keys} = [${quoted.join(", ")}];\n`;
      this.#line(`let ${i} = 0;
for (const key in ${name}) if (key !== ${keys}[${i}++]) break ${other};
if (${i} !== ${quoted.length}) break ${other};`);
      return;
    }
    const next = [...quoted.map(() => this.#name("next")), "undefined"];
    quoted.forEach((key, k) => this.#line(`let ${next[k]} = ${key};`));
    this.#line(`for (const key in ${name}) {
if (key !== ${next[0]}) break ${other};`);
    quoted.forEach((_, k) => this.#line(`${next[k]} = ${next[k + 1]};`));
    this.#line(`}
if (${next[0]} !== undefined) break ${other};`);
  }
}
