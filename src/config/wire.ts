/** How the engines of a graph talk to each other, as a config says it. */
import { codecNames, codecOf, isCodecPath } from "../codec/codecs.ts";
import { toCodec } from "../codec/user-codec.ts";
import type { WirePlan } from "../engine/core/plan.ts";
import { linkNames, linkOf } from "../link/links.ts";
import type { Composed } from "./compose.ts";
import { load } from "./load.ts";
import type { Place, Problems } from "./problems.ts";

/** Loads what a config's `codec` and `link` ask for; mistakes go to `problems`, where the check of the config has not told them. */
export async function wireOf({ config, source }: Composed, problems: Problems): Promise<WirePlan | undefined> {
  const { codec: written = "cbor", link = "zmtp" } = config;
  const attempt = async <T>(key: string, run: (place: Place) => Promise<T | undefined>): Promise<T | undefined> => {
    const place = { source, keys: [key] };
    try {
      return await run(place);
    } catch (error) {
      problems.add(place, (error as Error).message);
      return undefined;
    }
  };
  const codec = await attempt("codec", async (place) => {
    if (codecNames.includes(written)) return { codec: await codecOf(written), codecSource: written };
    if (typeof written !== "string" || !isCodecPath(written)) return undefined;
    const loaded = await load(written, place, problems, '{ name: "mine", encode, decode }');
    return loaded === undefined ? undefined : { codec: toCodec(loaded.value, written), codecSource: loaded.file.href };
  });
  if (linkNames.includes(link)) await attempt("link", () => linkOf(link));
  return codec === undefined ? undefined : { ...codec, link };
}
