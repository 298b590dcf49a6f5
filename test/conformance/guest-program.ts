/** An engine that joins a graph: runs the config that its argument holds, until its standard input ends. */
import { createEngine, type EngineConfig } from "pyros";

try {
  const engine = await createEngine(JSON.parse(process.argv[2]!) as EngineConfig, { base: new URL("./", import.meta.url) });
  process.stdin.resume().once("end", () => void engine.close());
  console.log("ready {}");
} catch (error) {
  const { name, message } = error as Error;
  console.log(`ready ${JSON.stringify({ name, message })}`);
}
