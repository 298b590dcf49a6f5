import { dangling } from "../config/wiring.ts";
import { configOptions, prepareConfig } from "./prepare.ts";
import type { Verb } from "./verb.ts";

/** `pyros validate`: checks a config, and starts nothing. */
export const validate: Verb = {
  name: "validate",
  about: "Check a config and all that it names, and start nothing.",
  options: configOptions,
  async run(args) {
    const { graph } = await prepareConfig(args);
    // What an engine that joins reads and calls may well be elsewhere.
    for (const { where, path, message } of graph.config.join === undefined ? dangling(graph) : []) {
      console.error(`warning: ${where === undefined ? "" : `${where}: `}${path}: ${message}`);
    }
    const count = (n: number, what: string) => `${n} ${what}${n === 1 ? "" : "s"}`;
    console.log(`${graph.source.label ?? "config"}: ok, ${count(graph.nodes.length, "node")}, ${count(graph.systems.length, "system")}`);
    return 0;
  },
};
