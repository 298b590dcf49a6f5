/** Codecs of the user: what a module exports by default, made a codec, and tried once. */
import { CodecError } from "../errors.ts";
import { snapshotPart } from "../value/copy.ts";
import { makeFault } from "../value/fault.ts";
import { MAX_DEPTH } from "../value/trail.ts";
import type { Batch, Codec } from "./codec.ts";
import { codecNames } from "./codecs.ts";
import { faultParts } from "./fault.ts";
import { MAX_LEVELS, PART_BYTES } from "./limits.ts";

/** A codec of one's own. Only `batch` may be left out: each value is encoded twice then. */
export type OwnCodec = Omit<Codec, "batch"> & Partial<Pick<Codec, "batch">>;

/** What is sent and must come back as it was: one of each kind of value. */
const samples: Readonly<Record<string, unknown>> = {
  "null": null,
  "undefined": [undefined, { a: undefined }],
  "booleans": [true, false],
  "numbers": [0, -0, 1.5, NaN, Infinity, -Infinity, 2 ** 53, Number.MIN_VALUE],
  "bigints": [0n, -1n, 2n ** 70n],
  "texts": ["", "\u0000 \u2028 é 🙂", "$date"],
  "objects": { "": 1, $map: [], "10": { constructor: 1 }, toString: 2, a: {} },
  "arrays": [[], [[1]]],
  "dates": [new Date(1.7e12 + 1), new Date(-1), new Date(NaN)],
  "Maps": new Map<unknown, unknown>([[{ a: 1 }, new Map()], [NaN, 1]]),
  "Sets": new Set<unknown>([1, "1", [1]]),
  "errors": Object.assign(makeFault({ name: "N", message: "m", stack: "s" }), { code: 7, data: { a: 1 } }),
  "Uint8Arrays": [new Uint8Array(0), Uint8Array.of(1, 2, 255)],
  "typed arrays": [Float32Array.of(1.5, -0), Int16Array.of(-2), BigInt64Array.of(-3n), Uint8ClampedArray.of(4)],
  "ArrayBuffers": [Uint8Array.of(1, 2).buffer, new DataView(Uint8Array.of(3).buffer)],
  "large binary values": [new Uint8Array(PART_BYTES).fill(7), new Float64Array(PART_BYTES).fill(0.5)],
  "nested values": nested(MAX_LEVELS - 1),
};

function nested(levels: number): unknown {
  let value: unknown = 1;
  for (let i = 1; i < levels; i++) value = [value];
  return value;
}

/**
 * Makes a codec of what a module exports by default.
 *
 * @param value an `OwnCodec`
 * @param subject where it comes from
 * @throws {CodecError} if it is none, has the name of another one, or does not give back a value of each kind as it was
 */
export function toCodec(value: unknown, subject: string): Codec {
  const { name, encode, decode, batch } = (value ?? {}) as Partial<OwnCodec>;
  const refuse = (problem: string, cause?: unknown): never => {
    throw new CodecError(`${subject} ${problem}`, { name: subject, cause });
  };
  if (typeof name !== "string" || name === "" || typeof encode !== "function" || typeof decode !== "function") {
    return refuse('exports no codec by default: { name: "mine", encode(value) { … }, decode(parts) { … } }');
  }
  if (codecNames.includes(name)) return refuse(`calls its codec ${name}, as one of Pyros is called; name yours otherwise`);
  const own = value as OwnCodec;
  const codec: Codec = {
    name,
    encode: (value) => own.encode(value),
    decode: (parts) => own.decode(parts),
    batch: () => (batch === undefined ? new PlainBatch(own) : batch.call(own)),
  };
  for (const [kind, sample] of Object.entries(samples)) {
    let problem: string | undefined;
    try {
      problem = damage(codec, sample);
    } catch (cause) {
      refuse(`has the codec ${name}, which fails with ${kind}: ${cause instanceof Error ? cause.message : String(cause)}`, cause);
    }
    if (problem !== undefined) refuse(`has the codec ${name}, which does not carry ${kind}: ${problem}`);
  }
  return codec;
}

/** What is wrong with a value that has been there and back, alone and in a batch. */
function damage(codec: Codec, sample: unknown): string | undefined {
  const batch = codec.batch();
  batch.add(sample);
  if (batch.length !== 1) return `a batch says that it has ${batch.length} values after the first one`;
  const ways = { "": [codec.encode(sample), sample], " in a batch": [batch.finish(), [sample]] } as const;
  for (const [how, [parts, expected]] of Object.entries(ways)) {
    const isBytes = Array.isArray(parts) && parts.length > 0 && parts.every((part) => part instanceof Uint8Array);
    if (!isBytes) return `what it encodes${how} is not a list of Uint8Arrays`;
    const back = codec.decode(parts as Uint8Array[]);
    if (!same(back, expected)) return `it did not come back as it was${how}`;
  }
  return undefined;
}

/** Whether two canonical values are the same, with all that makes a difference. */
function same(one: unknown, other: unknown): boolean {
  if (typeof one !== "object" || typeof other !== "object" || one === null || other === null) return Object.is(one, other);
  if (Object.getPrototypeOf(one) !== Object.getPrototypeOf(other)) return false;
  const [a, b] = [contentsOf(one), contentsOf(other)];
  return a.length === b.length && a.every((item, i) => same(item, b[i]));
}

/** What an object is made of, in order. */
function contentsOf(value: object): readonly unknown[] {
  if (Array.isArray(value)) return value;
  if (value instanceof Map) return [...value].flat();
  if (value instanceof Set) return [...value];
  if (value instanceof Date) return [value.getTime()];
  if (value instanceof ArrayBuffer) return [...new Uint8Array(value)];
  if (ArrayBuffer.isView(value)) return [...new Uint8Array(value.buffer, value.byteOffset, value.byteLength)];
  if (value instanceof Error) return Object.entries(faultParts(value)).flat();
  return Object.entries(value).flat();
}

/** A batch for a codec that has none: values wait as copies, and each is encoded once more to see that it can be. */
class PlainBatch implements Batch {
  readonly #codec: OwnCodec;
  #values: unknown[] = [];
  #bytes = 0;

  constructor(codec: OwnCodec) {
    this.#codec = codec;
  }

  get length(): number {
    return this.#values.length;
  }

  get bytes(): number {
    return this.#bytes;
  }

  add(value: unknown): void {
    const copy = snapshotPart(value, MAX_DEPTH - MAX_LEVELS);
    for (const { byteLength } of this.#codec.encode(copy)) this.#bytes += byteLength;
    this.#values.push(copy);
  }

  finish(): Uint8Array[] {
    const values = this.#values;
    this.#values = [];
    this.#bytes = 0;
    return this.#codec.encode(values);
  }
}
