/** The one pass through a value that checks it against the canonical form, and builds its copy on the way. */
import { type BinaryRule, type Refuse } from "./binary.ts";
import { brokenText, type Fault, faultTexts, isPlainFault, makeFault, setCause } from "./fault.ts";
import { className, kindOf, type TypedArray } from "./kind.ts";
import { Mark } from "./path.ts";
import { bigintSize, errorSize, HEAD, tally, WORD } from "./size.ts";
import { isWellFormed } from "./text.ts";
import { Trail } from "./trail.ts";

/** Holes that an array may have; each becomes an undefined of its copy. */
const MAX_HOLES = 1_000_000;

const LONE_SURROGATE = "a string with a lone surrogate cannot be sent; send text, or bytes as a Uint8Array";

const { getOwnPropertySymbols, getPrototypeOf, keys: keysOf } = Object;
const ObjectPrototype = Object.prototype;
// On the indices of an array a quarter of the time of getOwnPropertyDescriptor, on keys four fifths.
const { __lookupGetter__: getterOf, __lookupSetter__: setterOf } = Object.prototype as unknown as Record<
  "__lookupGetter__" | "__lookupSetter__",
  (this: object, key: string | number) => unknown
>;
const mapEach = Map.prototype.forEach;
const setEach = Set.prototype.forEach;
const timeOf = Date.prototype.getTime;

/** A checker of values; it may be used again as soon as {@link Walk.run} has returned. */
export class Walk {
  readonly #binary: BinaryRule;
  readonly #builds: boolean;
  readonly #trail: Trail = new Trail();
  readonly #refuse: Refuse = (problem) => this.#trail.refuse(problem);
  #bytes = 0;
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
   * Checks `value` and returns its copy (nothing of use where none is built), and leaves its size in the tally.
   *
   * @param subject what the value is for, for messages
   * @param above levels that the value already stands below
   * @throws {ValueError} if it, or a part of it, has no canonical form
   */
  run(value: unknown, subject?: string, above: number = 0): unknown {
    this.#busy = true;
    this.#bytes = 0;
    this.#trail.begin(subject, above);
    try {
      const copy = this.#visit(value);
      tally.bytes = this.#bytes;
      return copy;
    } catch (error) {
      throw this.#trail.end(error);
    } finally {
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
        if (!isWellFormed(value)) this.#trail.refuse(LONE_SURROGATE);
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
        return this.#trail.refuse("a function cannot be sent; send data, and provide what it does as a service");
      default:
        return this.#trail.refuse("a symbol cannot be sent; send a string");
    }
  }

  #object(value: object): unknown {
    const proto = getPrototypeOf(value) as object | null;
    if (proto === ObjectPrototype && !Array.isArray(value)) return this.#plain(value);
    switch (kindOf(value, proto)) {
      case "plain":
        if (!this.#builds) this.#trail.refuse("an object without the usual prototype would arrive with it elsewhere; share a plain object");
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
        return this.#trail.refuse("a SharedArrayBuffer cannot be sent, since its receiver would not own it; send a copy of its bytes");
      case "date":
        return this.#date(value as Date);
      case "map":
        return this.#map(value as Map<unknown, unknown>);
      case "set":
        return this.#set(value as Set<unknown>);
      case "error":
        return this.#error(value as Fault);
      case "instance":
        return this.#trail.refuse(instanceProblem(value));
    }
  }

  #plain(source: object): unknown {
    this.#trail.enter(source);
    this.#noSymbols(source);
    const copy: Record<string, unknown> = {};
    let bytes = HEAD;
    for (const key of keysOf(source)) {
      this.#trail.turn(key);
      if (key === "__proto__") this.#trail.refuse("a key __proto__ cannot be sent; name it otherwise");
      if (!isWellFormed(key)) this.#trail.refuse("a key with a lone surrogate cannot be sent; name it otherwise");
      const child = this.#visit(this.#data(source as Record<string, unknown>, key));
      if (this.#builds) copy[key] = child;
      bytes += 2 * key.length;
    }
    this.#bytes += bytes;
    this.#trail.leave();
    return copy;
  }

  #array(source: unknown[]): unknown {
    this.#trail.enter(source);
    this.#noSymbols(source);
    const length = source.length;
    const keys = keysOf(source);
    if (length === 0 ? keys.length > 0 : keys.length !== length || keys[length - 1] !== `${length - 1}`) this.#checkSparse(source, keys);
    const copy: unknown[] = [];
    for (let i = 0; i < length; i++) {
      this.#trail.turn(i);
      const child = this.#visit(this.#data(source as unknown as Record<number, unknown>, i));
      if (this.#builds) copy.push(child);
    }
    this.#bytes += HEAD;
    this.#trail.leave();
    return copy;
  }

  /** Looks closer at an array whose keys are not just its indices. */
  #checkSparse(source: unknown[], keys: string[]): void {
    // Indices come before all other keys.
    if (keys.length > 0 && !isIndex(keys[keys.length - 1])) this.#extra(keys.find((key) => !isIndex(key))!, "an array");
    const holes = source.length - keys.length;
    if (!this.#builds && holes > 0) this.#trail.refuse("holes in an array would arrive as undefined elsewhere; fill them");
    if (holes > MAX_HOLES) this.#trail.refuse(`an array with ${holes} holes cannot be sent; send a Map`);
  }

  #map(source: Map<unknown, unknown>): unknown {
    this.#trail.enter(source);
    this.#bare(source);
    const copy = new Map<unknown, unknown>();
    let n = 0;
    mapEach.call(source, (value, key) => {
      this.#trail.turn(new Mark(`key ${n}`));
      const newKey = this.#visit(key);
      this.#trail.turn(new Mark(`value ${n}`));
      const newValue = this.#visit(value);
      if (this.#builds) copy.set(newKey, newValue);
      n++;
    });
    this.#bytes += HEAD;
    this.#trail.leave();
    return copy;
  }

  #set(source: Set<unknown>): unknown {
    this.#trail.enter(source);
    this.#bare(source);
    const copy = new Set<unknown>();
    let n = 0;
    setEach.call(source, (item) => {
      this.#trail.turn(new Mark(`${n++}`));
      const newItem = this.#visit(item);
      if (this.#builds) copy.add(newItem);
    });
    this.#bytes += HEAD;
    this.#trail.leave();
    return copy;
  }

  #date(source: Date): unknown {
    this.#trail.enter(source);
    this.#bare(source);
    this.#bytes += HEAD;
    this.#trail.leave();
    return new Date(timeOf.call(source));
  }

  #error(source: Fault): unknown {
    this.#trail.enter(source);
    if (!this.#builds && !isPlainFault(source)) {
      this.#trail.refuse("an error with a class or properties of its own would arrive without them elsewhere; share a plain Error");
    }
    const texts = faultTexts(source);
    const broken = brokenText(texts);
    if (broken !== undefined) {
      this.#trail.turn(broken);
      this.#trail.refuse(LONE_SURROGATE);
    }
    const copy = makeFault(texts);
    this.#bytes += errorSize(texts.name, texts.message, texts.stack);
    if ("cause" in source) setCause(copy, this.#part("cause", source.cause));
    const { code, data } = source;
    if (code !== undefined) copy.code = this.#part("code", code);
    if (data !== undefined) copy.data = this.#part("data", data);
    this.#trail.leave();
    return copy;
  }

  #part(step: string, value: unknown): unknown {
    this.#trail.turn(step);
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
    return this.#trail.refuse("an accessor cannot be sent; send the value that it returns");
  }

  #noSymbols(source: object): void {
    const symbols = getOwnPropertySymbols(source);
    if (symbols.length === 0) return;
    this.#trail.turn(symbols[0]);
    this.#trail.refuse("a symbol key cannot be sent; name it with a string");
  }

  /** Refuses properties on a Map, a Set or a Date. Not on buffers: runtimes put marks of their own there. */
  #bare(source: object): void {
    const keys: (string | symbol)[] = keysOf(source);
    const symbols = getOwnPropertySymbols(source);
    if (keys.length + symbols.length > 0) this.#extra(keys[0] ?? symbols[0], `a ${className(source)}`);
  }

  #extra(key: string | symbol, what: string): never {
    this.#trail.turn(key);
    return this.#trail.refuse(`${what} cannot be sent with a property of its own; put both into an object`);
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
