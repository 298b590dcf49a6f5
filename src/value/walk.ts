/** The one pass through a value that checks it against the canonical form, and builds its copy on the way. */
import { ValueError } from "../errors.ts";
import { type BinaryRule, type Refuse } from "./binary.ts";
import { brokenText, type Fault, faultTexts, isPlainFault, makeFault, setCause } from "./fault.ts";
import { className, kindOf, type TypedArray } from "./kind.ts";
import { Mark, pathOf, type Step } from "./path.ts";
import { bigintSize, errorSize, HEAD, tally, WORD } from "./size.ts";
import { isWellFormed } from "./text.ts";

/** Levels of objects inside objects that a value may have. */
export const MAX_DEPTH = 1_000;
/** Objects, arrays, Maps, Sets and errors that a value may have, counted as in its copy, where aliases are separate. */
export const MAX_PARTS: number = 1 << 22;
/** Holes that an array may have; each becomes an undefined of its copy. */
const MAX_HOLES = 1_000_000;

/** The step of a container of which no part is being read yet. */
const HERE = new Mark("");
const LONE_SURROGATE = "a string with a lone surrogate cannot be sent; send text, or bytes as a Uint8Array";

const { getOwnPropertySymbols, getPrototypeOf, keys: keysOf } = Object;
const ObjectPrototype = Object.prototype;
// A third to a fifth of the time of getOwnPropertyDescriptor.
const { __lookupGetter__: getterOf, __lookupSetter__: setterOf } = Object.prototype as unknown as Record<
  "__lookupGetter__" | "__lookupSetter__",
  (this: object, key: string | number) => unknown
>;
const mapEach = Map.prototype.forEach;
const setEach = Set.prototype.forEach;

/** A checker of values; it may be used again as soon as {@link Walk.run} has returned. */
export class Walk {
  readonly #binary: BinaryRule;
  readonly #builds: boolean;
  /** The containers between the value and the place that is being read, outermost first. */
  readonly #holders: (object | null)[] = [];
  /** `steps[i]` leads from `holders[i]` to the next. */
  readonly #steps: Step[] = [];
  readonly #refuse: Refuse = (problem) => this.#reject(problem);
  #depth = 0;
  #base = 0;
  #parts = 0;
  #bytes = 0;
  #subject: string | undefined;
  #refusal: ValueError | undefined;
  #busy = false;

  /**
   * @param binary what becomes of buffers and views
   * @param builds whether a copy is built; without, everything that its copy would differ from is refused too
   */
  constructor(binary: BinaryRule, builds: boolean) {
    this.#binary = binary;
    this.#builds = builds;
  }

  /** Whether a run is on; a getter or a Proxy may come back to us in the middle of one. */
  get busy(): boolean {
    return this.#busy;
  }

  /**
   * Checks `value` and returns its copy (undefined in its place where nothing is built), and leaves its size in the tally.
   *
   * @param subject what the value is for, for messages
   * @param above levels that the value already stands below
   * @throws {ValueError} if it, or a part of it, has no canonical form
   */
  run(value: unknown, subject?: string, above: number = 0): unknown {
    this.#busy = true;
    this.#depth = 0;
    this.#base = above;
    this.#parts = 0;
    this.#bytes = 0;
    this.#subject = subject;
    try {
      const copy = this.#visit(value);
      tally.bytes = this.#bytes;
      return copy;
    } catch (error) {
      if (error === this.#refusal) throw error;
      // What a getter or a Proxy's trap throws says nothing to whoever sent the value.
      throw new ValueError(pathOf(this.#steps, this.#depth), "reading it threw an error; send plain data", { name: subject, cause: error });
    } finally {
      // Nothing of the value may be kept alive from here.
      if (this.#depth > 0 || this.#refusal !== undefined) {
        this.#holders.length = 0;
        this.#steps.length = 0;
        this.#refusal = undefined;
      }
      this.#busy = false;
    }
  }

  #visit(value: unknown): unknown {
    switch (typeof value) {
      case "number":
      case "boolean":
      case "undefined":
        this.#bytes += WORD;
        return value;
      case "string":
        if (!isWellFormed(value)) this.#reject(LONE_SURROGATE);
        this.#bytes += HEAD + 2 * value.length;
        return value;
      case "bigint":
        this.#bytes += bigintSize(value);
        return value;
      case "object":
        if (value !== null) return this.#object(value);
        this.#bytes += WORD;
        return null;
      case "function":
        return this.#reject("a function cannot be sent; send data, and provide what it does as a service");
      default:
        return this.#reject("a symbol cannot be sent; send a string");
    }
  }

  #object(value: object): unknown {
    const proto = getPrototypeOf(value) as object | null;
    if (proto === ObjectPrototype && !Array.isArray(value)) return this.#plain(value);
    const kind = kindOf(value, proto);
    switch (kind) {
      case "plain":
        if (!this.#builds) this.#reject("an object without the usual prototype would arrive with it elsewhere; share a plain object");
        return this.#plain(value);
      case "array":
        return this.#array(value as unknown[]);
      case "view":
        return this.#measured(this.#binary.view(value as TypedArray, this.#refuse));
      case "dataview":
        return this.#measured(this.#binary.dataView(value as DataView<ArrayBuffer>, this.#refuse));
      case "buffer":
        return this.#measured(this.#binary.buffer(value as ArrayBuffer, this.#refuse));
      case "shared":
        return this.#reject("a SharedArrayBuffer cannot be sent, since its receiver would not own it; send a copy of its bytes");
      case "date":
        this.#bare(value);
        this.#bytes += HEAD;
        return new Date(Date.prototype.getTime.call(value));
      case "map":
        return this.#map(value as Map<unknown, unknown>);
      case "set":
        return this.#set(value as Set<unknown>);
      case "error":
        return this.#error(value as Fault);
      case "instance":
        return this.#reject(instanceProblem(value));
    }
  }

  #plain(source: object): unknown {
    this.#enter(source);
    const at = this.#depth - 1;
    this.#noSymbols(source);
    const copy: Record<string, unknown> = {};
    let bytes = HEAD;
    for (const key of keysOf(source)) {
      this.#steps[at] = key;
      if (key === "__proto__") this.#reject("a key __proto__ cannot be sent; name it otherwise");
      if (!isWellFormed(key)) this.#reject("a key with a lone surrogate cannot be sent; name it otherwise");
      const child = this.#visit(this.#data(source as Record<string, unknown>, key));
      if (this.#builds) copy[key] = child;
      bytes += 2 * key.length;
    }
    this.#bytes += bytes;
    this.#leave();
    return copy;
  }

  #array(source: unknown[]): unknown {
    this.#enter(source);
    const at = this.#depth - 1;
    this.#noSymbols(source);
    const length = source.length;
    const keys = keysOf(source);
    if (length === 0 ? keys.length > 0 : keys.length !== length || keys[length - 1] !== `${length - 1}`) this.#checkSparse(source, keys);
    const copy: unknown[] = [];
    for (let i = 0; i < length; i++) {
      this.#steps[at] = i;
      const child = this.#visit(this.#data(source as unknown as Record<number, unknown>, i));
      if (this.#builds) copy.push(child);
    }
    this.#bytes += HEAD;
    this.#leave();
    return copy;
  }

  /** Looks closer at an array whose keys are not just its indices. */
  #checkSparse(source: unknown[], keys: string[]): void {
    // Indices come before all other keys.
    if (keys.length > 0 && !isIndex(keys[keys.length - 1])) this.#extra(keys.find((key) => !isIndex(key))!, "an array");
    const holes = source.length - keys.length;
    if (!this.#builds && holes > 0) this.#reject("holes in an array would arrive as undefined elsewhere; fill them");
    if (holes > MAX_HOLES) this.#reject(`an array with ${holes} holes cannot be sent; send a Map`);
  }

  #map(source: Map<unknown, unknown>): unknown {
    this.#enter(source);
    const at = this.#depth - 1;
    this.#bare(source);
    const copy = new Map<unknown, unknown>();
    let n = 0;
    mapEach.call(source, (value, key) => {
      this.#steps[at] = new Mark(`key ${n}`);
      const newKey = this.#visit(key);
      this.#steps[at] = new Mark(`value ${n}`);
      const newValue = this.#visit(value);
      if (this.#builds) copy.set(newKey, newValue);
      n++;
    });
    this.#bytes += HEAD;
    this.#leave();
    return copy;
  }

  #set(source: Set<unknown>): unknown {
    this.#enter(source);
    const at = this.#depth - 1;
    this.#bare(source);
    const copy = new Set<unknown>();
    let n = 0;
    setEach.call(source, (item) => {
      this.#steps[at] = new Mark(`${n++}`);
      const newItem = this.#visit(item);
      if (this.#builds) copy.add(newItem);
    });
    this.#bytes += HEAD;
    this.#leave();
    return copy;
  }

  #error(source: Fault): unknown {
    this.#enter(source);
    const at = this.#depth - 1;
    if (!this.#builds && !isPlainFault(source)) {
      this.#reject("an error with a class or properties of its own would arrive without them elsewhere; share a plain Error");
    }
    const texts = faultTexts(source);
    const broken = brokenText(texts);
    if (broken !== undefined) {
      this.#steps[at] = broken;
      this.#reject(LONE_SURROGATE);
    }
    const copy = makeFault(texts);
    this.#bytes += errorSize(texts.name, texts.message, texts.stack);
    if ("cause" in source) setCause(copy, this.#part(at, "cause", source.cause));
    const { code, data } = source;
    if (code !== undefined) copy.code = this.#part(at, "code", code);
    if (data !== undefined) copy.data = this.#part(at, "data", data);
    this.#leave();
    return copy;
  }

  #part(at: number, step: string, value: unknown): unknown {
    this.#steps[at] = step;
    return this.#visit(value);
  }

  #measured<T extends ArrayBuffer | ArrayBufferView>(binary: T): T {
    this.#bytes += HEAD + binary.byteLength;
    return binary;
  }

  /** Reads a property that must not be an accessor. */
  #data(source: Record<string | number, unknown>, key: string | number): unknown {
    if (getterOf.call(source, key) === undefined) {
      const value = source[key];
      if (value !== undefined || setterOf.call(source, key) === undefined) return value;
    }
    return this.#reject("an accessor cannot be sent; send the value that it returns");
  }

  #noSymbols(source: object): void {
    const symbols = getOwnPropertySymbols(source);
    if (symbols.length > 0) this.#symbol(symbols[0]);
  }

  #symbol(key: symbol): never {
    this.#steps[this.#depth - 1] = key;
    return this.#reject("a symbol key cannot be sent; name it with a string");
  }

  /** Refuses properties on a Map, a Set or a Date. Not on buffers: runtimes put marks of their own there. */
  #bare(source: object): void {
    const keys: (string | symbol)[] = keysOf(source);
    const symbols = getOwnPropertySymbols(source);
    if (keys.length > 0) this.#extra(keys[0] as string, `a ${className(source)}`, source);
    if (symbols.length > 0) this.#extra(symbols[0], `a ${className(source)}`, source);
  }

  #extra(key: string | symbol, what: string, holder?: object): never {
    if (holder !== undefined && this.#holders[this.#depth - 1] !== holder) this.#enter(holder);
    this.#steps[this.#depth - 1] = key;
    return this.#reject(`${what} cannot be sent with a property of its own; put both into an object`);
  }

  #enter(source: object): void {
    const depth = this.#depth;
    const holders = this.#holders;
    for (let i = 0; i < depth; i++) {
      if (holders[i] === source) this.#reject(`a cycle cannot be sent; this is ${pathOf(this.#steps, i)} again`);
    }
    if (depth + this.#base >= MAX_DEPTH) this.#reject(`objects nested deeper than ${MAX_DEPTH} levels cannot be sent; flatten them`);
    if (++this.#parts > MAX_PARTS) this.#reject(`a value of more than ${MAX_PARTS} objects cannot be sent; aliases count as often as they stand in it`);
    holders[depth] = source;
    this.#steps[depth] = HERE;
    this.#depth = depth + 1;
  }

  #leave(): void {
    this.#holders[--this.#depth] = null;
  }

  #reject(problem: string): never {
    throw (this.#refusal = new ValueError(pathOf(this.#steps, this.#depth), problem, { name: this.#subject }));
  }
}

function isIndex(key: string): boolean {
  return `${Number(key) >>> 0}` === key && key !== "4294967295";
}

function instanceProblem(value: object): string {
  const name = className(value);
  switch (name) {
    case "Promise":
      return "a Promise cannot be sent; await it first";
    case "Given":
      return "give() must wrap the whole value, not a part of it";
    case "Float16Array":
      return "a Float16Array cannot be sent, since not every runtime knows it; send a Float32Array";
    default:
      return `an instance of class ${name} cannot be sent; send its data as a plain object`;
  }
}
