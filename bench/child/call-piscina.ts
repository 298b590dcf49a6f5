/** Calls with piscina: a task for the one thread of a pool. */
import { answer } from "../lib/answer.ts";
import { bindThread } from "../lib/bind.ts";
import { callHandlers } from "../lib/calls.ts";
import type { Message } from "../lib/message.ts";
import { isAbsent, peer } from "../lib/peers.ts";
import { script } from "../lib/runtime.ts";

interface Piscina {
  run(message: Message): Promise<Message>;
}

const module = await peer<{ Piscina: new (options: object) => Piscina }>(
  "piscina",
);
if (isAbsent(module)) throw new Error(module.absent);
const pool = new module.Piscina({
  filename: script("child/echo-task"),
  minThreads: 1,
  maxThreads: 1,
});
bindThread();
answer(callHandlers((message) => pool.run(message)));
