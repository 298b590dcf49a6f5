import { type Placement, placements } from "../node/placement.ts";
import type { Prepared } from "../config/plan.ts";
import { Engine } from "../engine/engine.ts";
import { checkPlacement, configOptions, prepareConfig } from "./prepare.ts";
import { difference, Recording } from "./recording.ts";
import { type Arguments, numberOf, type Verb } from "./verb.ts";

const { set } = configOptions;
const usual = 10; // s

/** `pyros verify`: runs a graph in every placement, and shows where the first one parts from the others. */
export const verify: Verb = {
  name: "verify",
  about: "Run a graph in simulated time in every placement, and show the first difference.",
  options: {
    set: set!,
    seconds: { value: "N", about: `How many simulated seconds; ${usual} by default.` },
    placements: { value: "LIST", about: `Which placements, the first one as the measure: ${placements.join(",")} by default.` },
    record: { about: "Print what happened in the first placement." },
  },
  async run(args) {
    const seconds = numberOf(args, "seconds", false) ?? usual;
    const [first, ...others] = (args.options.get("placements")?.[0] ?? placements.join(",")).split(",").map(checkPlacement);
    const measure = await record(args, first!, seconds);
    if (args.options.has("record")) console.log(measure.lines.join("\n"));
    const sizes = `${measure.lines.length} lines in ${seconds} s`;
    let code = 0;
    for (const placement of others) {
      const parting = difference(measure, first!, await record(args, placement, seconds), placement);
      if (parting === undefined) console.log(`${placement}: as in ${first!}, ${sizes}`);
      else {
        code = 1;
        console.log(`${placement}: not as in ${first!}\n${parting.join("\n")}`);
      }
    }
    if (others.length === 0) console.log(`${first!}: ${sizes}`);
    return code;
  },
};

/** One run, with all nodes there that can be. */
async function record(args: Arguments, placement: Placement, seconds: number): Promise<Recording> {
  const prepared = await placed(args, placement);
  const { graph, plan } = prepared;
  const engine = new Engine({ ...plan, clock: "sim", speed: Infinity, seed: String(graph.config.seed ?? "0"), paramsFile: undefined });
  try {
    await engine.start();
    const recording = new Recording(engine, graph);
    await engine.run({ seconds });
    recording.end();
    return recording;
  } finally {
    await engine.close();
  }
}

/** The config with all nodes there; those that are given as values stay in the loop, and are told of. */
async function placed(args: Arguments, placement: Placement): Promise<Prepared> {
  const options = new Map(args.options);
  const loop = (await prepareConfig({ ...args, options: options.set("placement", ["loop"]) })).graph.nodes
    .filter(({ file }) => file === undefined)
    .map(({ names }) => names.node);
  for (const name of placement === "loop" ? [] : loop) console.error(`warning: ${name} is no module of its own: it stays in the loop`);
  return prepareConfig({ ...args, options: options.set("placement", [placement, ...loop.map((name) => `${name}=loop`)]) });
}
