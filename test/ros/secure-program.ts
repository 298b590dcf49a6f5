/** Reads `/text` through the rosbridge server that its argument names; tells what has come, or why nothing does. */
import process from "node:process";
import { createEngine } from "pyros";

const engine = await createEngine({
  nodes: { "/ros": { use: "pyros/ros", params: { master: process.argv[2]!, interval: 100, import: { streams: ["/text"] } } } },
  log: { level: "error" },
});
let told = "";
engine.stream<{ data: string }>("/text").on(({ data }) => void (told = `came: ${data}`));
while (told === "") {
  await new Promise((resolve) => setTimeout(resolve, 20));
  const reason = engine.params.get("/ros/status/reason");
  if (reason !== "") told = `reason: ${String(reason)}`;
}
console.log(told);
await engine.close();
