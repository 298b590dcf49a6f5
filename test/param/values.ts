/** Arbitrary canonical values and trees of params. */
import fc from "fast-check";

const text = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.string(),
  fc.constantFrom(
    "null",
    "yes",
    "1e5",
    "- a",
    "# b",
    "a: b",
    " x ",
    "\n\n",
    "$date",
    "é\u2028\u0085\ufeff",
    "~",
    "0x1f",
    "<<",
    "---",
    "...",
    "%TAG",
    "!x",
    "&a",
    "*a",
    "'",
    '"',
    "\\",
  ),
);
const number = fc.oneof(fc.double(), fc.integer(), fc.constantFrom(0, -0, Number.NaN, Infinity, -Infinity, 2 ** 53, 1e21, 5e-324));
const primitive = fc.oneof(number, text, fc.boolean(), fc.constant(null), fc.bigInt());
// One that is invalid equals no other, itself read back included: it has a test of its own.
const date = fc.oneof(fc.date({ noInvalidDate: true }), fc.constantFrom(new Date(8.64e15), new Date(-8.64e15), new Date(-1)));
const views = fc.oneof(
  fc.uint8Array(),
  fc.uint8ClampedArray(),
  fc.int8Array(),
  fc.int16Array(),
  fc.uint16Array(),
  fc.int32Array(),
  fc.uint32Array(),
  fc.float32Array(),
  fc.float64Array(),
  fc.bigInt64Array(),
  fc.bigUint64Array(),
);
const error = fc.tuple(
  fc.constantFrom(Error, RangeError, TypeError),
  text,
  fc.option(number, { nil: undefined }),
  fc.option(text, { nil: undefined }),
).map(([Type, message, code, cause]) =>
  Object.assign(new Type(message, cause === undefined ? {} : { cause }), code === undefined ? {} : { code })
);

const { part } = fc.letrec<{ part: unknown; leaf: unknown }>((tie) => ({
  leaf: fc.oneof(
    primitive,
    date,
    views,
    error,
    fc.constant(undefined),
    fc.uint8Array().map((bytes) => bytes.slice().buffer),
    fc.uint8Array().map((bytes) => new DataView(bytes.slice().buffer)),
  ),
  part: fc.oneof(
    { maxDepth: 4, depthSize: "small" },
    tie("leaf"),
    fc.array(tie("part"), { maxLength: 4 }),
    fc.dictionary(
      fc.oneof(text.filter((key) => key !== "__proto__"), fc.constantFrom("$map", "$object", "$json", "$", "constructor")),
      tie("part"),
      { maxKeys: 3, noNullPrototype: true },
    ),
    fc.array(fc.tuple(tie("part"), tie("part")), { maxLength: 3 }).map((pairs) => new Map(pairs)),
    fc.array(tie("part"), { maxLength: 3 }).map((items) => new Set(items)),
  ),
}));

const isPlain = (value: unknown): boolean =>
  typeof value === "object" && value !== null && Object.getPrototypeOf(value) === Object.prototype;

/** Any part of a canonical value. */
export const anyPart: fc.Arbitrary<unknown> = part;

/** Any value of a leaf. */
export const anyLeaf: fc.Arbitrary<unknown> = part.filter((value) => value !== undefined && !isPlain(value));

/** Any content of a tree. */
export const anyTree: fc.Arbitrary<Record<string, unknown>> = fc.letrec<{ tree: Record<string, unknown>; node: unknown }>((tie) => ({
  tree: fc.dictionary(
    fc.oneof(
      fc.stringMatching(/^[A-Za-z0-9_]{1,8}$/),
      fc.constantFrom("null", "true", "constructor", "toString", "1e5", "007", "params", "y"),
    ).filter((key) => key !== "__proto__"),
    tie("node"),
    {
      maxKeys: 4,
      noNullPrototype: true,
    },
  ),
  node: fc.oneof({ maxDepth: 3 }, anyLeaf, tie("tree")),
})).tree;
