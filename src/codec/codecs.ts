/** The codecs that come with Pyros, by name. Each but the default is loaded when it is asked for. */
import { CodecError } from "../errors.ts";
import { cbor } from "./cbor.ts";
import type { Codec } from "./codec.ts";

const codecs: ReadonlyMap<string, () => Promise<Codec>> = new Map([
  ["cbor", async () => cbor],
  ["json", async () => (await import("./json.ts")).json],
  ["msgpack", async () => (await import("./msgpack.ts")).loadMsgpack()],
]);

/** Their names. */
export const codecNames: readonly string[] = [...codecs.keys()];

/** Whether a codec of a config is the path of a module, and not the name of one of these. */
export function isCodecPath(codec: string): boolean {
  return /[./]/.test(codec);
}

/**
 * The codec of that name.
 *
 * @throws {CodecError} if there is none, or if its package is not installed
 */
export async function codecOf(name: string): Promise<Codec> {
  const load = codecs.get(name);
  if (load === undefined) {
    throw new CodecError(`no codec is called ${JSON.stringify(name)}; there are ${codecNames.join(", ")}`, { name });
  }
  try {
    return await load();
  } catch (cause) {
    throw new CodecError(`the codec ${name} needs a package that cannot be loaded: npm install @msgpack/msgpack`, { name, cause });
  }
}
