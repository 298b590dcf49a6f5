import { pathToFileURL } from "node:url";
import { configIn, configNames } from "../config/load.ts";
import { parseSet } from "../config/overrides.ts";
import { prepare, type Prepared } from "../config/plan.ts";
import { type Arguments, type Option, UsageError } from "./verb.ts";

/** The options of all verbs that read a config. */
export const configOptions: Readonly<Record<string, Option>> = {
  set: { value: "NAME=VALUE", several: true, about: "Set a param, such as /guide/gain=3; the value is JSON or plain text." },
};

/**
 * Reads the config that the command line names, or the one in this folder.
 *
 * @throws ConfigError with all mistakes in it, UsageError when there is none
 */
export function prepareConfig({ config, options, rest }: Arguments): Promise<Prepared> {
  const path = config ?? configIn(pathToFileURL(`${process.cwd()}/`))?.href;
  if (path === undefined) throw new UsageError(`there is no config in this folder; a config is called ${configNames.join(", ")}`);
  const pairs = (options.get("set") ?? []).map((text) => {
    const pair = parseSet(text);
    if (pair === undefined) throw new UsageError(`--set ${text} sets nothing; write --set ${text}=VALUE`);
    return pair;
  });
  return prepare(path, { args: rest, ...(pairs.length === 0 ? {} : { set: Object.fromEntries(pairs) }) });
}
