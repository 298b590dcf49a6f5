/**
 * An engine in a process of its own, in a network of its own: runs the config that its argument holds until its standard input ends.
 * Each line that it reads is a call, as JSON: [service, input]; it is answered by a line.
 */
import { createInterface } from "node:readline";
import { createEngine, type EngineConfig } from "pyros";

const engine = await createEngine(JSON.parse(process.argv[2]!) as EngineConfig, { base: new URL("./", import.meta.url) });
let items = 0;
engine.stream("/far/ticks", { depth: 1000 }).on(() => void items++);
engine.provide(`/items${process.argv[3]!}`, () => items);
engine.provide(`/set${process.argv[3]!}`, ([name, value]: [string, unknown]) => engine.params.set(name, value));
engine.provide(`/nodes${process.argv[3]!}`, () => engine.nodes.map(({ name }) => name));
console.log("ready");
for await (const line of createInterface({ input: process.stdin })) {
  const [id, service, input] = JSON.parse(line) as [number, string, unknown];
  engine.call(service, input, { timeout: Infinity }).then(
    (value: unknown) => console.log(JSON.stringify([id, { value }])),
    ({ code, message }: { code: string; message: string }) => console.log(JSON.stringify([id, { code, message }])),
  );
}
await engine.close();
