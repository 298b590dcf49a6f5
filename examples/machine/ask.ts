/** Starts the watchers of the machine, lets them measure, and asks them: `ask.ts "who takes the most memory?"` */
import { createEngine } from "pyros";
import type answers from "./nodes/answers.ts";

await using engine = await createEngine(new URL("pyros.config.yaml", import.meta.url));
const machine = engine.client<typeof answers>("/answers");
const watch = machine.watch(3, { timeout: 2000 });
for await (const line of watch) console.log(line);
console.log("highest:", await watch);
console.log(await machine.ask(process.argv[2] ?? "is something wrong?"));
