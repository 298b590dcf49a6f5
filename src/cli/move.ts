import { statSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { configIn } from "../config/load.ts";
import { PyrosError } from "../errors.ts";
import { askToMove, type Found, runningGraphs } from "./control.ts";
import { checkPlacement } from "./prepare.ts";
import { UsageError, type Verb } from "./verb.ts";

/** `pyros move`: moves a node of a graph that runs. */
export const move: Verb = {
  name: "move",
  about: "Move a node of a running graph to the loop, a thread or a process.",
  words: ["NODE", "PLACEMENT"],
  options: {
    of: { value: "CONFIG", about: "Which graph, where several run: its config, or the number of its process." },
  },
  async run({ words, options }) {
    const [node, text] = words as [string, string];
    const placement = checkPlacement(text);
    const graph = theGraph(options.get("of")?.[0]);
    try {
      const { from, to } = await askToMove(graph, node, placement);
      console.log(from === to && to === "loop" ? `${node} is in the loop` : `${node} has moved: ${from} -> ${to}`);
      return 0;
    } catch (error) {
      if (!(error instanceof PyrosError)) throw error;
      console.error(`error: ${error.message}`);
      return 1;
    }
  },
};

/** The graph that is meant. */
function theGraph(of: string | undefined): Found {
  const { mine, others, base } = runningGraphs();
  const meant = of === undefined ? mine : mine.filter((graph) => String(graph.pid) === of || graph.config === configOf(of));
  if (meant.length === 1) return meant[0]!;
  const list = (graphs: readonly Found[]): string => graphs.map(({ config, pid }) => `\n  ${config} (process ${pid})`).join("");
  if (meant.length > 1) {
    throw new UsageError(`${meant.length} graphs run; say which one is meant by --of CONFIG or --of PROCESS:${list(meant)}`);
  }
  if (mine.length > 0) throw new UsageError(`no running graph has the config or process ${of}; there are:${list(mine)}`);
  if (others.length > 0) {
    throw new UsageError(`no graph of yours runs, and those of other users only they may reach: ${others.join(", ")}`);
  }
  throw new UsageError(`no graph runs that was started by pyros run and has its folder in ${base}`);
}

/** The file of a config that is named by its path, or by that of its folder. */
function configOf(path: string): string {
  const absolute = resolve(path);
  if (statSync(absolute, { throwIfNoEntry: false })?.isDirectory() !== true) return absolute;
  const found = configIn(pathToFileURL(`${absolute}/`));
  return found === undefined ? absolute : fileURLToPath(found);
}
