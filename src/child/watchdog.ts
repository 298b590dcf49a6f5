import { Worker } from "node:worker_threads";

/**
 * It has an event loop of its own, so it notices the end of its parent while the main thread never comes back to its own.
 * As plain text, because on Node 20 a module in TypeScript would cost each child a loader.
 */
const thread = `
import { Socket } from "node:net";
import process from "node:process";
const end = () => process.kill(process.pid, "SIGKILL");
new Socket({ fd: 0, readable: true, writable: false }).on("error", end).on("close", end).resume();
`;

/**
 * Kills this process, whatever it is doing, when the process that started it has ended, whatever ended that.
 *
 * It waits for the end of standard input, which the parent holds open. It takes no CPU and does not keep the process alive.
 */
export function startWatchdog(): void {
  const url = new URL(`data:text/javascript,${encodeURIComponent(thread)}`);
  // Without the parent's flags: it needs no loader.
  new Worker(url, { name: "watchdog", execArgv: [] }).unref();
}
