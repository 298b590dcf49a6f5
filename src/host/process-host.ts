import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { HostError } from "../errors.ts";
import { tuned } from "./allocator.ts";
import { commandFor, leastPermissions } from "./command.ts";
import { ownRuntime, type Runtime } from "./entry.ts";
import { cannotJoin, type HostExit, type HostHandle, type OnLine } from "./handle.ts";
import { readLines } from "./lines.ts";
import { endedWithParent } from "./parent-death.ts";

/** How long output may come after the end of a process, in ms: what it started itself may hold on to the pipe. */
const outputPatience = 500;

/** What a process runs. */
export interface ProcessOptions {
  /** The module that it runs; it begins with `readBootstrap()`. */
  readonly entry: URL;
  /** What the module is given; it has to be JSON. It is told through a pipe, so it may hold secrets. */
  readonly bootstrap?: unknown;
  /** What lists of processes call it. It can be seen by everybody on the machine. */
  readonly title: string;
  /** What runs it; that of this program by default. */
  readonly runtime?: Runtime;
  /** Flags of Deno such as `--allow-read`; by default what an engine cannot do without, see `leastPermissions`. */
  readonly permissions?: readonly string[];
  /** Its environment; that of this process by default. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Its working folder; that of this process by default. */
  readonly cwd?: string;
  /** More flags of the runtime, such as `--max-old-space-size=512`. Node hands its own flags on as well. */
  readonly execArgv?: readonly string[];
  /** Called with each line that it writes; without it, the process writes to the outputs of this one. */
  readonly onLine?: OnLine;
  /** Who ends it when this process has ended: the system where it can, by default, or a thread of its own. */
  readonly endedBy?: "system" | "itself";
}

/** A process that was started. */
export interface ProcessHost extends HostHandle {
  /** The system's number for it. */
  readonly pid: number;
  /** What runs it. */
  readonly runtime: Runtime;
}

/**
 * Starts a process. It keeps this one alive until it has ended, and does not outlive it, whatever ends this one.
 *
 * @throws {HostError} if there is no such runtime or module, or the system has no room for one more process
 */
export async function startProcess(options: ProcessOptions): Promise<ProcessHost> {
  const { entry, title, runtime = ownRuntime, permissions = leastPermissions(), execArgv = [], onLine } = options;
  const { program, args } = await commandFor(entry, runtime, permissions, execArgv);
  const before = options.endedBy === "itself" ? [] : await endedWithParent();
  const parent = before.length > 0 ? { parent: process.pid } : {};
  const line = `${JSON.stringify({ title, bootstrap: options.bootstrap, ...parent })}\n`;
  const [first, ...rest] = [...before, program, ...args, title]; // the title as an argument makes the room that a process has for it
  const output = onLine === undefined ? "inherit" : "pipe";
  const child = await spawned(
    () =>
      spawn(first!, rest, {
        cwd: options.cwd,
        env: tuned(options.env ?? process.env),
        stdio: ["pipe", output, output],
      }),
    options,
  );
  const { stdin } = child;
  stdin!.on("error", () => {}); // it has ended before it has read all: `exited` tells
  if (before.length > 0) stdin!.end(line);
  else stdin!.write(line);
  return new StartedProcess(child, title, runtime, onLine);
}

/** Waits until the system has started a process, or has said why not. */
async function spawned(start: () => ChildProcess, { title, cwd }: ProcessOptions): Promise<ChildProcess> {
  try {
    const child = start();
    await new Promise((resolve, reject) => {
      child.once("spawn", resolve);
      child.once("error", reject);
    });
    return child;
  } catch (cause) {
    const why = cwd !== undefined && !existsSync(cwd) ? `there is no folder ${cwd}` : spawnProblem(cause as NodeJS.ErrnoException);
    throw new HostError(`the process ${title} cannot be started: ${why}`, { cause });
  }
}

function spawnProblem({ code, message }: NodeJS.ErrnoException): string {
  const problems: Record<string, string> = {
    EAGAIN: "the system allows this user no more processes",
    EMFILE: "this process has too many files open",
    ENFILE: "the system has too many files open",
    ENOMEM: "the system has no memory for it",
    E2BIG: "its environment is too large",
  };
  return problems[code ?? ""] ?? message;
}

class StartedProcess implements ProcessHost {
  readonly title: string;
  readonly pid: number;
  readonly runtime: Runtime;
  readonly exited: Promise<HostExit>;
  #running = true;

  constructor(child: ChildProcess, title: string, runtime: Runtime, onLine: OnLine | undefined) {
    this.title = title;
    this.pid = child.pid!;
    this.runtime = runtime;
    this.exited = this.#watch(child, onLine);
  }

  kill(): Promise<HostExit> {
    try {
      // Not by `child.kill`, which on Deno closes the pipes at once.
      if (this.#running) process.kill(this.pid, "SIGKILL");
    } catch {
      // it has ended, and that is about to be told
    }
    return this.exited;
  }

  async #watch(child: ChildProcess, onLine: OnLine | undefined): Promise<HostExit> {
    let outOfMemory = false;
    let problem: string | undefined;
    const output: Promise<void>[] = [];
    if (onLine !== undefined) {
      output.push(
        readLines(child.stdout!, (line) => onLine(line, "stdout")),
        readLines(child.stderr!, (line) => {
          outOfMemory ||= memoryPattern.test(line);
          if (line.startsWith(cannotJoin)) problem = line;
          onLine(line, "stderr");
        }),
      );
    }
    const [code, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve) => {
      child.once("exit", (code, signal) => {
        this.#running = false;
        resolve([code, signal]);
      });
    });
    child.stdin!.destroy();
    const late = setTimeout(() => {
      child.stdout?.destroy();
      child.stderr?.destroy();
    }, outputPatience);
    await Promise.all(output);
    clearTimeout(late);
    const reason = problem ?? exitReason(code, signal);
    return { code, signal, reason: outOfMemory && code !== 0 ? "ran out of memory" : reason, stuck: false };
  }
}

/** What both runtimes say before they give up. */
const memoryPattern = /^(FATAL ERROR: .*heap out of memory|# Fatal JavaScript out of memory)/;

function exitReason(code: number | null, signal: string | null): string {
  return signal === null ? `exited with code ${code}` : `was killed by ${signal}`;
}
