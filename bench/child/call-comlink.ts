/** Calls with comlink, from a thread to another. */
import { isMainThread, parentPort, Worker } from "node:worker_threads";
import { answer } from "../lib/answer.ts";
import { bindThread } from "../lib/bind.ts";
import { callHandlers } from "../lib/calls.ts";
import type { Message } from "../lib/message.ts";
import { isAbsent, peer } from "../lib/peers.ts";

interface Comlink {
  wrap(endpoint: unknown): { echo(message: Message): Promise<Message> };
  expose(value: object, endpoint: unknown): void;
}

const comlink = await peer<Comlink>("comlink");
const adapter = await peer<{ default: (port: unknown) => unknown }>(
  "comlink/dist/esm/node-adapter.mjs",
);
if (isAbsent(comlink) || isAbsent(adapter)) {
  throw new Error("comlink is not installed");
}

bindThread();
if (isMainThread) {
  const remote = comlink.wrap(
    adapter.default(new Worker(new URL(import.meta.url))),
  );
  answer(callHandlers((message) => remote.echo(message)));
} else {comlink.expose({
    echo: (message: Message) => message,
  }, adapter.default(parentPort));}
