import { cpus } from "node:os";
import { end, script, start } from "./runtime.ts";

/**
 * Keeps the processors awake meanwhile, each with a process of the lowest priority that does nothing.
 *
 * A virtual processor that has gone to sleep takes tens of µs to wake, as long as it takes its host; that is in the figure of whoever
 * waits for another process, by luck of where the system has put it, and hides all that is to be compared.
 */
export async function awake<T>(run: () => Promise<T>): Promise<T> {
  const idlers = cpus().map(() => start(script("child/awake")));
  try {
    return await run();
  } finally {
    await Promise.all(idlers.map(end));
  }
}
