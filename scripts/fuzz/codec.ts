/**
 * Throws broken messages at the codecs: `tsx scripts/fuzz/codec.ts [FRAMES] [SEED]`.
 *
 * Each message is one of a kept corpus, encoded and then mutated. What is decoded all the same must be canonical, and
 * survive another round; what is not must be refused with a `CodecError`; anything else is a crash.
 */
import { Buffer } from "node:buffer";
import process from "node:process";
import { setImmediate } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import type { Codec } from "../../src/codec/codec.ts";
import { codecOf } from "../../src/codec/codecs.ts";
import { CodecError } from "../../src/errors.ts";
import { Random } from "../../src/time/random.ts";
import { snapshot } from "../../src/value/copy.ts";

/** What came of the messages. */
export interface FuzzCounts {
  /** Messages that were thrown. */
  frames: number;
  /** Of them, decoded to a canonical value. */
  decoded: number;
  /** Of them, refused with a CodecError. */
  refused: number;
  /** Of them, ended in any other way. */
  crashed: number;
  /** The first crash: codec, parts in hex, and what happened. */
  crash?: string;
}

const cause = Object.assign(new RangeError("too far"), { code: "FAR", data: { at: 3 }, stack: "RangeError: too far" });

/** Values of every kind, small, so that a mutation changes something that matters. */
const corpus: readonly unknown[] = [
  [2, 17, "/guide/reset", "/caller", 4990, { x: 1.5, y: -2.25, z: 0.001 }],
  [[1, 1, "/a", null], [1, 2, "/b", { gain: 2 }], [3, 5, undefined, true]],
  [0, -1, 23, 24, 255, 256, 65_535, 65_536, 2 ** 32, -(2 ** 40), 2 ** 53 - 1, 2 ** 60, -0, NaN, Infinity, -Infinity, 0.1, 1e300],
  [0n, 1n, -1n, 1n << 70n, -(1n << 200n)],
  ["", "x", "größe", "🜨", "a long text that is longer than what is kept ".repeat(3), "\ufffd", 'a"b\\c\n'],
  { "": 1, constructor: 2, "0": 3, $date: 4, 'a"b': 5 },
  { $map: 1 },
  new Map<unknown, unknown>([["a", 1], [2, { b: [] }], [null, new Set([1, "1", 1n])]]),
  [new Date(0), new Date(1_700_000_000_123), new Date(NaN), new Date(8.64e15), new Date(-8.64e15)],
  [new Uint8Array([1, 2, 3]), new Float64Array([1.5, -2]), new Int16Array(3), new BigInt64Array([-1n]), new Uint8ClampedArray(2)],
  [new ArrayBuffer(4), new DataView(new ArrayBuffer(3))],
  [Object.assign(new TypeError("wrong", { cause }), { code: 7, stack: "TypeError: wrong" }), cause],
  { stamp: 1, image: new Uint8Array(20_000), depth: new Float32Array(5_000), points: new Float64Array(3_000) },
  Array.from({ length: 40 }, (_, i) => ({ id: i, at: i / 3 })),
  nested(60),
].map((value) => snapshot(value));

function nested(levels: number): unknown {
  let value: unknown = 1;
  for (let i = 0; i < levels; i++) value = i % 3 === 0 ? [value] : i % 3 === 1 ? { a: value } : new Map([["k", value]]);
  return value;
}

/** Bytes that mean much in one of the codecs. */
const telling = [
  0x00,
  0x1b,
  0x3b,
  0x5b,
  0x7b,
  0x80,
  0x9b,
  0x9f,
  0xa1,
  0xbb,
  0xbf,
  0xc1,
  0xc2,
  0xc7,
  0xd9,
  0xda,
  0xdb,
  0xdd,
  0xdf,
  0xf7,
  0xfb,
  0xff,
  0x22,
  0x5b,
  0x5c,
  0x7b,
  0x7d,
];

/** Changes a message; the result has memory of its own. */
export function mutate(parts: readonly Uint8Array[], other: Uint8Array, next: (below: number) => number): Uint8Array[] {
  const rest = parts.slice(1).map((part) => part.slice());
  let first: Uint8Array = parts[0].slice();
  for (let n = next(4) + 1; n > 0; n--) {
    const at = next(first.length + 1);
    switch (next(8)) {
      case 0:
        if (at < first.length) first[at] ^= 1 << next(8);
        break;
      case 1:
        if (at < first.length) first[at] = next(256);
        break;
      case 2:
        first = spliced(first, at, 1, [telling[next(telling.length)]]);
        break;
      case 3:
        first = spliced(first, at, next(6), []);
        break;
      case 4:
        first = spliced(first, at, 0, Array.from({ length: next(6) }, () => telling[next(telling.length)]));
        break;
      case 5:
        first = first.slice(0, at);
        break;
      case 6:
        first = spliced(first, at, 0, other.subarray(next(other.length), next(other.length)));
        break;
      default:
        if (rest.length > 0 && next(2) === 0) rest.splice(next(rest.length), 1);
        else rest.push(new Uint8Array(next(64)));
    }
  }
  return [first, ...rest];
}

/** The bytes with others in the place of some. */
function spliced(bytes: Uint8Array, at: number, gone: number, come: ArrayLike<number>): Uint8Array {
  const end = Math.min(bytes.length, at + gone);
  const all = new Uint8Array(bytes.length - (end - at) + come.length);
  all.set(bytes.subarray(0, at));
  all.set(come, at);
  all.set(bytes.subarray(end), at + come.length);
  return all;
}

/** What a codec makes of a message; throws whatever it should not. */
function judge(codec: Codec, parts: readonly Uint8Array[]): "decoded" | "refused" {
  let value: unknown;
  try {
    value = codec.decode(parts);
  } catch (error) {
    if (error instanceof CodecError) return "refused";
    throw error;
  }
  // Throws if it is not canonical, or if it is more than can be encoded.
  const once = codec.encode(snapshot(value));
  const twice = codec.encode(codec.decode(once));
  if (!once.every((part, i) => Buffer.compare(part, twice[i]) === 0)) throw new Error("another round gave other bytes");
  return "decoded";
}

/**
 * Throws that many messages at all codecs in turn; the same seed throws the same ones.
 *
 * @param options `frames`, the number of messages; `seed`, any whole number
 */
export async function fuzzCodecs({ frames, seed }: { frames: number; seed: number }): Promise<FuzzCounts> {
  const codecs = await Promise.all(["cbor", "json", "msgpack"].map(codecOf));
  const messages = codecs.map((codec) => corpus.map((value) => codec.encode(value)));
  const random = new Random(String(seed));
  const next = (below: number): number => Math.floor(random.next() * below);
  const counts: FuzzCounts = { frames, decoded: 0, refused: 0, crashed: 0 };
  for (let i = 0; i < frames; i++) {
    if (i % 1024 === 0) await setImmediate();
    const which = i % codecs.length;
    const parts = mutate(messages[which][next(corpus.length)], messages[which][next(corpus.length)][0], next);
    try {
      counts[judge(codecs[which], parts)]++;
    } catch (error) {
      counts.crashed++;
      counts.crash ??= `${codecs[which].name}: ${parts.map((part) => Buffer.from(part).toString("hex")).join(" ").slice(0, 2_000)}: ${
        String(error)
      }`;
    }
  }
  return counts;
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const [frames = 100_000, seed = 1] = process.argv.slice(2).map(Number);
  const counts = await fuzzCodecs({ frames, seed });
  console.log(counts);
  if (counts.crashed > 0) process.exitCode = 1;
}
