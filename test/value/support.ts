import fc from "fast-check";
import { expect } from "vitest";
import { ValueError } from "../../src/errors.ts";

/** The first path at which `a` and `b` differ in anything that a receiver could see, or undefined. */
export function difference(a: unknown, b: unknown, path = "$"): string | undefined {
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return Object.is(a, b) ? undefined : path;
  if (Object.getPrototypeOf(a) !== Object.getPrototypeOf(b)) return `${path} (class)`;
  if (a instanceof Date) return Object.is(a.getTime(), (b as Date).getTime()) ? undefined : path;
  if (a instanceof ArrayBuffer) return bytes(new Uint8Array(a)) === bytes(new Uint8Array(b as ArrayBuffer)) ? undefined : path;
  if (ArrayBuffer.isView(a)) return bytes(a) === bytes(b as ArrayBufferView) ? undefined : path;
  if (a instanceof Map) return difference([...a], [...(b as Map<unknown, unknown>)], `${path}<map>`);
  if (a instanceof Set) return difference([...a], [...(b as Set<unknown>)], `${path}<set>`);
  if (a instanceof Error) {
    const left = errorParts(a);
    const right = errorParts(b as Error);
    return difference(left, right, `${path}<error>`);
  }
  if (Array.isArray(a) && a.length !== (b as unknown[]).length) return `${path}.length`;
  const keys = Reflect.ownKeys(a);
  const others = Reflect.ownKeys(b);
  if (keys.length !== others.length || keys.some((key, i) => key !== others[i])) return `${path} (keys)`;
  for (const key of keys) {
    const found = difference(Reflect.get(a, key), Reflect.get(b, key), `${path}.${String(key)}`);
    if (found !== undefined) return found;
  }
  return undefined;
}

function errorParts(error: Error): object {
  const { code, data } = error as { code?: unknown; data?: unknown };
  return { name: error.name, message: error.message, stack: error.stack, hasCause: "cause" in error, cause: error.cause, code, data };
}

function bytes(view: ArrayBufferView): string {
  return `${view.constructor.name}:${[...new Uint8Array(view.buffer, view.byteOffset, view.byteLength)].join()}`;
}

/** Every object inside `value`, itself included. */
export function objectsIn(value: unknown, found = new Set<object>()): Set<object> {
  if (typeof value !== "object" || value === null || found.has(value)) return found;
  found.add(value);
  if (ArrayBuffer.isView(value)) objectsIn(value.buffer, found);
  else if (value instanceof Map) { for (const [key, item] of value) objectsIn(item, objectsIn(key, found)); }
  else if (value instanceof Set) { for (const item of value) objectsIn(item, found); }
  else if (value instanceof Error) { for (const key of ["cause", "code", "data"]) objectsIn(Reflect.get(value, key), found); }
  else if (!(value instanceof ArrayBuffer)) { for (const key of Reflect.ownKeys(value)) objectsIn(Reflect.get(value, key), found); }
  return found;
}

/** The ValueError that `run` throws; fails if it throws none. */
export function refusal(run: () => unknown): ValueError {
  try {
    run();
  } catch (error) {
    expect(error).toBeInstanceOf(ValueError);
    return error as ValueError;
  }
  throw new Error("nothing was refused");
}

const typedArrays = [
  fc.int8Array(),
  fc.uint8Array(),
  fc.uint8ClampedArray(),
  fc.int16Array(),
  fc.uint16Array(),
  fc.int32Array(),
  fc.uint32Array(),
  fc.float32Array(),
  fc.float64Array(),
  fc.bigInt64Array(),
  fc.bigUint64Array(),
];

const text = fc.string({ unit: "grapheme" });
/** Keys, among them some that trip careless code. */
export const key: fc.Arbitrary<string> = fc.oneof(
  text.filter((k) => k !== "__proto__"),
  fc.constantFrom(
    "x",
    "y",
    "a b",
    "constructor",
    "toString",
    "hasOwnProperty",
    "0",
    "7",
    "-1",
    "length",
    "then",
    "\u2028",
    '"',
    "\\",
    "`",
    "${0}",
  ),
);

/** Primitives that a value may have. */
export const primitive: fc.Arbitrary<unknown> = fc.oneof(
  fc.double(),
  fc.integer(),
  fc.constantFrom(-0, NaN, Infinity, -Infinity, null, undefined, true, false, "", 0n),
  text,
  fc.bigInt(),
);

const { tree } = fc.letrec<{ tree: unknown; error: Error }>((tie) => ({
  error: fc
    .record(
      {
        Class: fc.constantFrom(Error, TypeError, RangeError),
        message: text,
        name: text,
        code: fc.oneof(text, fc.integer()),
        data: tie("tree"),
        cause: tie("tree"),
      },
      { requiredKeys: ["Class", "message"] },
    )
    .map(({ Class, message, name, ...rest }) => Object.assign(new Class(message), name === undefined ? rest : { name, ...rest })),
  tree: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    primitive,
    fc.dictionary(key, tie("tree"), { maxKeys: 6 }),
    fc.array(tie("tree"), { maxLength: 6 }),
    fc.oneof(...typedArrays),
    fc.uint8Array().map((view) => view.buffer as ArrayBuffer),
    fc.uint8Array().map((view) => new DataView(view.buffer as ArrayBuffer)),
    fc.date({ noInvalidDate: false }),
    fc.array(fc.tuple(tie("tree"), tie("tree")), { maxLength: 3 }).map((entries) => new Map(entries)),
    fc.array(tie("tree"), { maxLength: 3 }).map((items) => new Set(items)),
    tie("error"),
  ),
}));

/** Values of every kind that can be sent. */
export const sendable: fc.Arbitrary<unknown> = tree;

/** A value with parts of most kinds. */
export const pose = {
  x: 1.5,
  y: -2,
  name: "base",
  on: true,
  tags: ["a", "b"],
  path: [{ id: 1, x: 0.5 }, { id: 2, x: 1 }],
  at: { frame: { n: 1 } },
  goal: null,
};

/** Values that are almost `value`: a key less, a key more, other order, other leaves, or something that is refused. */
export function nearMisses(value: unknown): unknown[] {
  const found: unknown[] = [
    null,
    undefined,
    0,
    -0,
    NaN,
    "text",
    "\ud800",
    true,
    1n,
    [],
    {},
    [value],
    { a: value },
    new Map([[1, value]]),
    new Date(3),
    new Float64Array(3),
  ];
  if (Array.isArray(value)) {
    // oxlint-disable-next-line no-sparse-arrays
    found.push(
      Object.setPrototypeOf([...value], Object.prototype),
      [, ...value],
      value.slice(1),
      [...value, ...value],
      [...value, null],
      Object.assign(new (class List extends Array {})(), value),
    );
    for (let i = 0; i < value.length; i++) for (const near of nearMisses(value[i])) found.push(value.with(i, near));
  } else if (typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype) {
    const entries = Object.entries(value);
    found.push(Object.fromEntries([...entries].reverse()), { ...value, more: 1 }, Object.assign(Object.create(null), value));
    found.push(Object.assign(Object.create({ inherited: 1 }), value), Object.assign(new (class Pose {})(), value), new Proxy(value, {}));
    found.push(
      new Proxy(value, {
        ownKeys() {
          throw new Error("trap");
        },
      }),
      { ...value, more() {} },
    );
    for (const [k, v] of entries) {
      const { [k]: _, ...less } = value as Record<string, unknown>;
      found.push(less, Object.defineProperty({ ...value }, k, { enumerable: false }), { ...less, other: v });
      for (const near of nearMisses(v)) found.push({ ...value, [k]: near });
    }
  }
  return found;
}
