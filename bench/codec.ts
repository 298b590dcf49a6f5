import { decode as decodeMsgpack, encode as encodeMsgpack } from "@msgpack/msgpack";
import { Encoder } from "cbor-x";
import { cbor } from "../src/codec/cbor.ts";
import { report } from "./lib/items.ts";
import type { Question } from "./lib/question.ts";
import { type Contestant, race, sink } from "./lib/race.ts";

/** What one call looks like on a link. */
function envelope(i: number): unknown {
  return [2, i, "/guide/reset", "/caller", 4990, { x: 1.5, y: -2.25, z: 0.001 + i }];
}

const values: Record<string, unknown> = {
  envelope: envelope(17),
  "10 envelopes": Array.from({ length: 10 }, (_, i) => envelope(i)),
  "500 envelopes": Array.from({ length: 500 }, (_, i) => envelope(i)),
  "1,000 floats": Array.from({ length: 1_000 }, (_, i) => Math.sin(i) * 100),
  "1,000 integers": Array.from({ length: 1_000 }, (_, i) => i * 37),
  "1 kB, nested": report(),
  "1 MB of bytes": { stamp: 1, data: new Uint8Array(1 << 20) },
};

/** Encodes and decodes one and the same value. */
function contestant<T>(value: unknown, encode: (value: unknown) => T, decode: (encoded: T) => unknown): Contestant {
  return {
    per: 1,
    run(steps) {
      for (let step = 0; step < steps; step++) sink.value = decode(encode(value));
    },
  };
}

/** As close as it comes to what ours writes. */
const plain = new Encoder({ useRecords: false, variableMapSize: true, mapsAsObjects: true, tagUint8Array: false });
const toText = new TextDecoder();
const toBytes = new TextEncoder();

export const question: Question = {
  id: "codec",
  question: "a value to bytes and back, checked as if they came from anywhere",
  unit: "ns",
  better: "lower",
  floor: "cbor-x, which loses -0, small bigints and keys __proto__, and trusts its input",
  variants: Object.keys(values).map((name) => ({ name })),
  must: { atMost: { floor: 2 } },
  aim: { atMost: { floor: 1.5 } },
  measure(variant, budget) {
    const value = values[variant];
    return race({
      us: () => contestant(value, cbor.encode, cbor.decode),
      floor: () => contestant(value, (item) => plain.encode(item), (bytes) => plain.decode(bytes)),
      peers: {
        JSON: () =>
          variant.endsWith("bytes")
            ? { absent: "has no bytes" }
            : contestant(value, (item) => toBytes.encode(JSON.stringify(item)), (bytes) => JSON.parse(toText.decode(bytes))),
        "@msgpack/msgpack": () => contestant(value, (item) => encodeMsgpack(item), (bytes) => decodeMsgpack(bytes)),
      },
    }, budget);
  },
};
