/** What an object really is, told by its internals and not by what it says of itself. */
import { types } from "node:util";

/** The kinds of objects a canonical value is made of; `instance` is everything else. */
export type Kind = "plain" | "array" | "view" | "dataview" | "buffer" | "shared" | "date" | "map" | "set" | "error" | "instance";

/** A typed array of any kind. */
export type TypedArray =
  | Int8Array
  | Uint8Array
  | Uint8ClampedArray
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | Float32Array
  | Float64Array
  | BigInt64Array
  | BigUint64Array;

/** A constructor of typed arrays: a copy of a view, or a view of a whole buffer. */
export type TypedArrayConstructor = new (source: TypedArray | ArrayBuffer) => TypedArray;

const viewTag = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Uint8Array.prototype), Symbol.toStringTag)!.get!;

// Float16Array is left out: not every runtime has it, and what is sent must arrive anywhere.
const VIEWS: ReadonlyMap<string, TypedArrayConstructor> = new Map(
  [
    Int8Array,
    Uint8Array,
    Uint8ClampedArray,
    Int16Array,
    Uint16Array,
    Int32Array,
    Uint32Array,
    Float32Array,
    Float64Array,
    BigInt64Array,
    BigUint64Array,
  ].map((view) => [view.name, view as unknown as TypedArrayConstructor]),
);

/** The kind of `value`, whatever realm it comes from. */
export function kindOf(value: object, proto: object | null = Object.getPrototypeOf(value)): Kind {
  if (Array.isArray(value)) return proto === Array.prototype || isArrayPrototype(proto) ? "array" : "instance";
  if (proto === Object.prototype || proto === null || isObjectPrototype(proto)) return "plain";
  if (ArrayBuffer.isView(value)) return viewKind(value, proto);
  if (types.isDate(value)) return isDirect(proto, Date.prototype) ? "date" : "instance";
  if (types.isMap(value)) return isDirect(proto, Map.prototype) ? "map" : "instance";
  if (types.isSet(value)) return isDirect(proto, Set.prototype) ? "set" : "instance";
  if (types.isArrayBuffer(value)) return isDirect(proto, ArrayBuffer.prototype) ? "buffer" : "instance";
  if (types.isSharedArrayBuffer(value)) return "shared";
  if (types.isNativeError(value) || value instanceof Error) return "error";
  return "instance";
}

function viewKind(view: ArrayBufferView, proto: object): Kind {
  const tag = viewTag.call(view) as string | undefined;
  if (tag === undefined) return isDirect(proto, DataView.prototype) ? "dataview" : "instance";
  const own = VIEWS.get(tag);
  if (own === undefined) return "instance";
  if (proto === own.prototype || isBuffer(view, proto)) return "view";
  return chainLength(proto) === 3 ? "view" : "instance";
}

/** The constructor of this realm for a view of kind `view`. */
export function viewConstructor(view: ArrayBufferView): TypedArrayConstructor {
  return VIEWS.get(viewTag.call(view) as string)!;
}

/** Whether `view` is Node's `Buffer`, which is sent as the `Uint8Array` it is made of. */
export function isBuffer(view: object, proto: object = Object.getPrototypeOf(view)): boolean {
  return proto !== Uint8Array.prototype && types.isUint8Array(view) && className(view) === "Buffer";
}

/** The name of the class of `value`, for messages. */
export function className(value: object): string {
  try {
    const name: unknown = (value as { constructor?: { name?: unknown } }).constructor?.name;
    return typeof name === "string" && name !== "" ? name.slice(0, 80) : "a nameless class";
  } catch {
    return "a nameless class";
  }
}

/** Whether an object with prototype `proto` is directly of that class (of this realm or another), and not of one that extends it. */
function isDirect(proto: object, own: object): boolean {
  return proto === own || chainLength(proto) === 2;
}

/** `Array.prototype` of any realm is itself an array; the prototype of a class that extends it is not. */
function isArrayPrototype(proto: object | null): boolean {
  return proto !== null && Array.isArray(proto);
}

/** `Object.prototype` of any realm. */
function isObjectPrototype(proto: object): boolean {
  return Object.getPrototypeOf(proto) === null && Object.prototype.hasOwnProperty.call(proto, "isPrototypeOf");
}

function chainLength(proto: object): number {
  let length = 0;
  for (let p: object | null = proto; p !== null && length < 8; p = Object.getPrototypeOf(p)) length++;
  return length;
}
