/** How a thread or a process has ended. */
export interface HostExit {
  /** Its exit code; `null` where a signal ended it. */
  readonly code: number | null;
  /** The signal that ended it, such as `SIGKILL`; `null` for a thread. */
  readonly signal: string | null;
  /** Why, in words that follow "it": `exited with code 3`, `was killed by SIGKILL`, `ran out of memory`. */
  readonly reason: string;
  /** What was thrown and not caught, where that is known. */
  readonly error?: unknown;
  /** Whether its code may still be running: a thread of Deno that never comes back to its event loop cannot be ended. */
  readonly stuck: boolean;
}

/** With what a process begins a line, in words that follow "it", that says why it ends before it is in the graph. */
export const cannotJoin = "could not take part in the graph: ";

/** A thread or a process that was started, and is watched until it has ended. */
export interface HostHandle {
  /** What it is called in lists of processes and in debuggers. */
  readonly title: string;
  /** Settles once, when it has ended and all its output has been told; it never rejects. */
  readonly exited: Promise<HostExit>;
  /** Ends it at once, whatever it does. Killing twice is killing once. */
  kill(): Promise<HostExit>;
}

/** Called with each line of output, without its end. It must not throw. */
export type OnLine = (line: string, from: "stdout" | "stderr") => void;
