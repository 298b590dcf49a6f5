/** The codecs by name: those that come with Pyros, and those of the program. */
import { CodecError, DeclarationError } from "../errors.ts";
import { cbor } from "./cbor.ts";
import type { Codec } from "./codec.ts";
import { json } from "./json.ts";
import { loadMsgpack } from "./msgpack.ts";

const codecs = new Map<string, () => Promise<Codec>>([
  ["cbor", async () => cbor],
  ["json", async () => json],
  ["msgpack", loadMsgpack],
]);

/**
 * The codec of that name.
 *
 * @throws {CodecError} if there is none, or if its package is not installed
 */
export async function codecOf(name: string): Promise<Codec> {
  const load = codecs.get(name);
  if (load === undefined) {
    throw new CodecError(`no codec is called ${JSON.stringify(name)}; there are ${[...codecs.keys()].join(", ")}`, { name });
  }
  try {
    return await load();
  } catch (cause) {
    throw new CodecError(`codec ${name} cannot be loaded; is its package installed (npm install @msgpack/msgpack)?`, { name, cause });
  }
}

/**
 * Adds a codec for all engines of this process; both ends of a link need it.
 *
 * @throws {DeclarationError} if another one has its name
 */
export function registerCodec(codec: Codec): void {
  if (codecs.has(codec.name)) throw new DeclarationError(`a codec ${JSON.stringify(codec.name)} is there already; name yours otherwise`);
  codecs.set(codec.name, async () => codec);
}
