/** Calls over the channel that Node has between a process and its child; a number in each message says which call is answered. */
import { fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { answer } from "../lib/answer.ts";
import { callHandlers } from "../lib/calls.ts";
import type { Message } from "../lib/message.ts";
import { role } from "../lib/second.ts";

if (role === undefined) {
  const child = fork(fileURLToPath(import.meta.url), ["child"]);
  const waiting = new Map<number, (reply: unknown) => void>();
  child.on("message", ([id, reply]: [number, Message]) => {
    waiting.get(id)?.(reply);
    waiting.delete(id);
  });
  let last = 0;
  const send = (message: Message): Promise<unknown> =>
    new Promise((resolve) => {
      waiting.set(++last, resolve);
      child.send([last, message]);
    });
  answer(callHandlers(send));
} else {
  process.on("message", (message) => process.send!(message));
  process.on("disconnect", () => process.exit(0));
}
