import { rosMaster } from "./ros-master.ts";
import { rosTypes } from "./ros-types.ts";
import { type Arguments, UsageError, type Verb } from "./verb.ts";

/** What can be done for ROS, and the options of each. */
const commands: Readonly<Record<string, { readonly options: readonly string[]; run(args: Arguments): Promise<number> } | undefined>> = {
  master: { options: ["port", "host"], run: rosMaster },
  types: { options: ["out", "types"], run: rosTypes },
};

/** `pyros ros`: what a graph of ROS 1 needs where no ROS is installed, and what TypeScript needs to know of ROS. */
export const ros: Verb = {
  name: "ros",
  about: "Run a master of a ROS 1 graph, for tests and small set-ups; or write types for TypeScript.",
  words: ["master|types", "[TYPE…]"],
  options: {
    port: { value: "N", about: "master: its port; 11311 by default, 0 for any." },
    host: { value: "ADDRESS", about: "master: the interface to listen at: 127.0.0.1 by default, * for all." },
    out: { value: "FILE", about: "types: where to write them; the standard output by default." },
    types: { value: "DIR", several: true, about: "types: a folder of packages, which counts before what is installed." },
  },
  async run(args) {
    const [what] = args.words as [string];
    const command = Object.hasOwn(commands, what) ? commands[what] : undefined;
    if (command === undefined) throw new UsageError(`pyros ros has no command ${JSON.stringify(what)}; there are master and types`);
    for (const option of args.options.keys()) {
      if (!command.options.includes(option)) throw new UsageError(`pyros ros ${what} has no option --${option}`);
    }
    return command.run(args);
  },
};
