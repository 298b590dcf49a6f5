import type { Codec } from "../codec/codec.ts";
import { codecOf, isCodecPath } from "../codec/codecs.ts";

/**
 * The codec of a name or a module's address: what an engine in a thread or process is told.
 *
 * @throws {CodecError} if there is none
 */
export async function loadCodec(source: string): Promise<Codec> {
  if (!isCodecPath(source)) return await codecOf(source);
  const file = new URL(source);
  const [{ toCodec }, { importModule }, { fileLabel }] = await Promise.all([
    import("../codec/user-codec.ts"),
    import("./import-module.ts"),
    import("./source.ts"),
  ]);
  return toCodec((await importModule(file)).default, fileLabel(file));
}
