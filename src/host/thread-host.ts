import { MessageChannel, type MessagePort, type ResourceLimits, type Transferable, Worker } from "node:worker_threads";
import { HostError } from "../errors.ts";
import { ownRuntime, threadEntry } from "./entry.ts";
import type { HostExit, HostHandle, OnLine } from "./handle.ts";
import { readLines } from "./lines.ts";

/** How long a thread of Deno gets to leave its event loop after it was ended, in ms; Deno itself gives up after 2,000. */
const lastPatience = 4_000;

/** What a thread runs. */
export interface ThreadOptions {
  /** The module that it runs; it begins with `readBootstrap()`. */
  readonly entry: URL;
  /** What the module is given; whatever `structuredClone` takes. */
  readonly bootstrap?: unknown;
  /** Ports and buffers in `bootstrap` that are handed over. */
  readonly transfer?: readonly Transferable[];
  /** What debuggers call it. */
  readonly title: string;
  /** Limits of its memory, in MB. */
  readonly resourceLimits?: ResourceLimits;
  /** Called with each line that it writes. Deno writes a thread's output to that of the process instead. */
  readonly onLine?: OnLine;
}

/** A thread that was started. */
export interface ThreadHost extends HostHandle {
  /** The runtime's number for it. */
  readonly id: number;
}

/** What travels to the thread. */
export interface ThreadData {
  readonly title: string;
  readonly bootstrap: unknown;
  /** It closes when nothing of the thread is left. */
  readonly lifeline: MessagePort;
}

/**
 * Starts a thread. It may keep this process alive, as any thread does, until it ends by itself or is killed.
 *
 * @throws {HostError} if `bootstrap` cannot be cloned, or the entry is TypeScript that cannot be loaded here
 */
export function startThread(options: ThreadOptions): ThreadHost {
  const { title, transfer = [], onLine } = options;
  const { script, eval: isText } = threadEntry(options.entry);
  const lifeline = new MessageChannel();
  const data: ThreadData = { title, bootstrap: options.bootstrap, lifeline: lifeline.port2 };
  const captured = onLine !== undefined && ownRuntime === "node";
  let worker: Worker;
  try {
    worker = new Worker(script, {
      eval: isText,
      name: title,
      workerData: data,
      transferList: [...transfer, lifeline.port2],
      stdout: captured,
      stderr: captured,
      ...(options.resourceLimits === undefined ? {} : { resourceLimits: options.resourceLimits }),
    });
  } catch (cause) {
    lifeline.port1.close();
    throw new HostError(`the thread ${title} cannot be started: ${(cause as Error).message}`, { cause });
  }
  const output = captured
    ? [readLines(worker.stdout, (line) => onLine(line, "stdout")), readLines(worker.stderr, (line) => onLine(line, "stderr"))]
    : [];
  return new StartedThread(title, worker, lifeline.port1, output);
}

class StartedThread implements ThreadHost {
  readonly title: string;
  readonly id: number;
  readonly exited: Promise<HostExit>;
  readonly #worker: Worker;
  #killed = false;

  constructor(title: string, worker: Worker, lifeline: MessagePort, output: readonly Promise<void>[]) {
    this.title = title;
    this.id = worker.threadId;
    this.#worker = worker;
    this.exited = this.#watch(lifeline, output);
  }

  kill(): Promise<HostExit> {
    this.#killed = true;
    void this.#worker.terminate();
    return this.exited;
  }

  async #watch(lifeline: MessagePort, output: readonly Promise<void>[]): Promise<HostExit> {
    let failure: { readonly error: unknown } | undefined;
    this.#worker.on("error", (error) => (failure ??= { error }));
    const isGone = watchLifeline(lifeline);
    const code = await new Promise<number>((resolve) => this.#worker.once("exit", resolve));
    await Promise.all(output);
    const stuck = !(await isGone());
    const reason = stuck
      ? "is in an endless loop, which Deno cannot end: it stays until this process ends"
      : failure !== undefined
      ? failureReason(failure.error)
      : this.#killed
      ? "was ended"
      : `exited with code ${code}`;
    return { code, signal: null, reason, stuck, ...failure };
  }
}

function failureReason(error: unknown): string {
  const { code, name, message } = error as { code?: unknown; name?: string; message?: string };
  if (code === "ERR_WORKER_OUT_OF_MEMORY") return "ran out of memory";
  return error instanceof Error ? `failed with ${name}: ${message}` : `failed with ${String(error)}`;
}

/** Whether nothing of a thread is left, some time after it was told to have ended. Node is sure of that at once. */
function watchLifeline(port: MessagePort): () => Promise<boolean> {
  if (ownRuntime === "node") {
    port.close();
    return () => Promise.resolve(true);
  }
  const closed = new Promise<boolean>((resolve) => port.once("close", () => resolve(true)));
  port.on("message", () => {}); // without a listener for messages, Deno does not look at the port
  port.unref();
  return () => {
    port.ref();
    let timer: NodeJS.Timeout;
    const late = new Promise<boolean>((resolve) => (timer = setTimeout(() => resolve(false), lastPatience)));
    return Promise.race([closed, late]).finally(() => {
      clearTimeout(timer);
      port.close();
    });
  };
}
