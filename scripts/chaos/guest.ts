/** An engine that joins the graph: runs the config that its argument holds, until its standard input ends. */
import { createEngine, type EngineConfig } from "pyros";

const config = JSON.parse(process.argv[2]!) as EngineConfig;
const engine = await createEngine(config, { base: new URL("./", import.meta.url) }).catch(({ message }: Error) => {
  console.error(`${config.name} could not join: ${message}`);
  process.exit(1);
});
console.log("joined");
process.stdin.resume().once("end", () => void engine.close());
