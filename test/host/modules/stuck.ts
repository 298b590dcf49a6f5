// A program for Deno with a thread in an endless loop, which Deno cannot end; it tells what its host says, and ends itself.
/* oxlint-disable unicorn/require-post-message-target-origin */
import { MessageChannel } from "node:worker_threads";
import { readBootstrap } from "../../../src/child/bootstrap.ts";
import { startThread } from "../../../src/host/thread-host.ts";

readBootstrap();
const { port1, port2 } = new MessageChannel();
const entry = new URL("./deeds.ts", import.meta.url);
const host = startThread({ entry, title: "stuck", bootstrap: { deed: "loopOnMessage", value: port2 }, transfer: [port2] });
port1.postMessage("go");
await new Promise((resolve) => port1.once("message", resolve));
console.log(JSON.stringify(await host.kill()));
process.exit(5);
