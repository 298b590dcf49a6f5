/** An engine in a process of its own: runs the config that its argument holds, until its standard input ends. */
import { createEngine, type EngineConfig } from "pyros";

const engine = await createEngine(JSON.parse(process.argv[2]!) as EngineConfig, { base: new URL("./", import.meta.url) });
process.stdout.write("ready\n");
process.stdin.resume().once("end", () => void engine.close());
