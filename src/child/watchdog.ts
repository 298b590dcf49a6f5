import { SHARE_ENV, Worker } from "node:worker_threads";

/**
 * It has an event loop of its own, so it notices the end of its parent while the main thread never comes back to its own.
 * As plain text, because on Node 20 a module in TypeScript would cost each child a loader; on Node a script, which starts sooner than
 * a module, and with the environment that is there instead of a copy.
 */
const watch = (imports: string): string => `
${imports}
const end = () => process.kill(process.pid, "SIGKILL");
new Socket({ fd: 0, readable: true, writable: false }).on("error", end).on("close", end).resume();
`;

/**
 * Kills this process, whatever it is doing, when the process that started it has ended, whatever ended that.
 *
 * It waits for the end of standard input, which the parent holds open. It takes no CPU and does not keep the process alive.
 */
export function startWatchdog(): void {
  // Without the parent's flags: it needs no loader.
  const options = { name: "watchdog", execArgv: [] };
  const worker = "Deno" in globalThis
    ? new Worker(
      new URL(
        `data:text/javascript,${encodeURIComponent(watch('import { Socket } from "node:net"; import process from "node:process";'))}`,
      ),
      options,
    )
    : new Worker(watch('const { Socket } = require("node:net");'), { ...options, eval: true, env: SHARE_ENV });
  worker.unref();
}
