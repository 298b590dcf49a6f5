/**
 * MessagePack, for peers that speak it; `forms.ts` has the list of what it does not know.
 *
 * It is read and written by `@msgpack/msgpack`, which whoever wants it installs. Bytes are bin. Extensions, the time among
 * them, are refused.
 *
 * @module
 */
import { PART_BYTES } from "./limits.ts";
import { copyOf } from "./binary.ts";
import { ChunkBatch, type Chunks } from "./chunk-batch.ts";
import type { Codec } from "./codec.ts";
import { FormReader } from "./form-reader.ts";
import { FormWriter } from "./form-writer.ts";
import type { Carrier } from "./forms.ts";
import { checkMsgpack, MAX_RAW_LEVELS } from "./msgpack-check.ts";

const NOTHING = new Uint8Array(0);

const carrier: Carrier = {
  name: "msgpack",
  badKey: undefined,
  hasBytes: true,
  partBytes: PART_BYTES,
  hasNumber: (value) => !Object.is(value, -0),
  fromBytes: (bytes) => bytes,
  toBuffer: (coded) => (coded instanceof Uint8Array ? copyOf(coded) : undefined),
};

/**
 * The codec `msgpack`.
 *
 * @throws if the package is not installed
 */
export async function loadMsgpack(): Promise<Codec> {
  const { Decoder, Encoder } = await import("@msgpack/msgpack");
  const encoder = new Encoder({ maxDepth: MAX_RAW_LEVELS + 1 });
  const decoder = new Decoder();
  const reader = new FormReader(carrier);
  const print = (form: unknown): Uint8Array => encoder.encode(form);
  const parse = (first: Uint8Array): unknown => {
    checkMsgpack(first);
    return decoder.decode(first);
  };
  const chunks = (): Chunks => {
    const writer = new FormWriter(carrier);
    return {
      parts: writer.parts,
      begin: () => writer.begin(),
      encode: (value) => writer.write(value, print, 1),
      open: arrayHead,
      separator: NOTHING,
      close: NOTHING,
    };
  };
  return {
    name: "msgpack",
    encode(value) {
      const writer = new FormWriter(carrier);
      return writer.parts.behind(writer.write(value, print));
    },
    decode: (parts) => reader.read(parts, parse),
    batch: () => new ChunkBatch(chunks()),
  };
}

function arrayHead(length: number): Uint8Array {
  if (length < 16) return Uint8Array.of(0x90 | length);
  if (length < 0x1_0000) return Uint8Array.of(0xdc, length >> 8, length);
  return Uint8Array.of(0xdd, length >> 24, length >> 16, length >> 8, length);
}
