import { expand as expandConfig, expandedText } from "../config/expand.ts";
import { configOptions, prepareConfig } from "./prepare.ts";
import type { Verb } from "./verb.ts";

/** `pyros expand`: prints the config as the engine sees it. */
export const expand: Verb = {
  name: "expand",
  about: "Print the normalised config, and where each value came from.",
  options: { ...configOptions, json: { about: "Print JSON: { config, from }." } },
  async run(args) {
    const expanded = expandConfig(await prepareConfig(args));
    console.log(args.options.has("json") ? JSON.stringify(expanded, null, 2) : expandedText(expanded));
    return 0;
  },
};
