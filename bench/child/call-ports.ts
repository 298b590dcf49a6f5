/** The floor of a call between threads: a message there and back over bare ports. */
import { isMainThread, MessageChannel, type MessagePort, Worker, workerData } from "node:worker_threads";
import { answer } from "../lib/answer.ts";
import { bindThread } from "../lib/bind.ts";
import { callHandlers } from "../lib/calls.ts";
import type { Message } from "../lib/message.ts";

bindThread();
if (isMainThread) {
  const { port1, port2 } = new MessageChannel();
  const worker = new Worker(new URL(import.meta.url), {
    workerData: port2,
    transferList: [port2],
  });
  await new Promise((resolve) => worker.once("online", resolve));
  let back: (reply: unknown) => void = () => {};
  port1.on("message", (reply) => back(reply));
  const send = (message: Message): Promise<unknown> =>
    new Promise((resolve) => {
      back = resolve;
      port1.postMessage(message);
    });
  answer(callHandlers(send));
} else {
  const port = workerData as MessagePort;
  port.on("message", (message) => port.postMessage(message));
}
