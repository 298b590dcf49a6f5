/** Drives sockets of libzmq in a child process on Node. */
import type { ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import { onTestFinished } from "vitest";
import { commandOf, startProgram } from "../../conformance/runtimes.ts";
import type { Request } from "./libzmq-peer.ts";

/** libzmq runs on Node only. */
const node = commandOf("node");
/** A socket of libzmq. */
export interface LibzmqSocket {
  bind(address: string): Promise<string>;
  connect(address: string): Promise<void>;
  send(parts: readonly Uint8Array[]): Promise<void>;
  receive(): Promise<Uint8Array[]>;
  subscribe(topic: string): Promise<void>;
  /** Names of what its monitor has told. */
  events(): Promise<string[]>;
  close(): Promise<void>;
}

/** A process with sockets of libzmq. */
export class Libzmq {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, { resolve: (value: any) => void; reject: (error: Error) => void }>();
  #ids = 0;
  #gone: Error | undefined;

  private constructor(child: ChildProcess) {
    this.#child = child;
    createInterface({ input: child.stdout! }).on("line", (line) => {
      const { id, value, error } = JSON.parse(line) as { id: number; value?: unknown; error?: string };
      const waiting = this.#waiting.get(id);
      this.#waiting.delete(id);
      if (error === undefined) waiting?.resolve(value);
      else waiting?.reject(new Error(error));
    });
    child.stdin!.on("error", () => {}); // it was killed; "exit" tells
    child.once("exit", () => {
      this.#gone = new Error("the libzmq process has ended");
      for (const { reject } of this.#waiting.values()) reject(this.#gone);
    });
  }

  /** Starts a process; `end` ends it. */
  static start(): Libzmq {
    return new Libzmq(startProgram(node!, "node", new URL("./libzmq-peer.ts", import.meta.url)));
  }

  /** Ends the process in order, or at once where it does not. */
  async end(): Promise<void> {
    if (this.#gone !== undefined) return;
    const exit = new Promise((resolve) => this.#child.once("exit", resolve));
    this.#child.stdin!.end();
    const late = setTimeout(() => this.kill(), 2_000);
    await exit;
    clearTimeout(late);
  }

  /** Ends it as a crash would. */
  kill(): void {
    process.kill(this.#child.pid!, "SIGKILL");
  }

  /** Stops it, so that it neither reads nor writes, until it gets SIGCONT. */
  signal(signal: "SIGSTOP" | "SIGCONT"): void {
    process.kill(this.#child.pid!, signal);
  }

  /** Keys as libzmq makes them, in Z85. */
  keys(): Promise<{ publicKey: string; secretKey: string }> {
    return this.#ask({ do: "keys" });
  }

  /** A socket that is closed after the test. */
  async socket(type: string, options: Record<string, unknown> = {}): Promise<LibzmqSocket> {
    const socket = ++this.#ids;
    await this.#ask({ do: "open", socket, type, options });
    let open = true;
    const close = async (): Promise<void> => {
      if (!open) return;
      open = false;
      await this.#ask({ do: "close", socket }).catch((error: unknown) => {
        if (error !== this.#gone) throw error;
      });
    };
    onTestFinished(close);
    return {
      bind: (address) => this.#ask({ do: "bind", socket, address }),
      connect: (address) => this.#ask({ do: "connect", socket, address }),
      send: (parts) => this.#ask({ do: "send", socket, parts: parts.map((part) => Buffer.from(part).toString("base64")) }),
      receive: async () =>
        (await this.#ask<string[]>({ do: "receive", socket })).map((part) => new Uint8Array(Buffer.from(part, "base64"))),
      subscribe: (topic) => this.#ask({ do: "subscribe", socket, topic }),
      events: () => this.#ask({ do: "events", socket }),
      close,
    };
  }

  #ask<T>(request: Omit<Request, "id">): Promise<T> {
    if (this.#gone !== undefined) return Promise.reject(this.#gone);
    const id = ++this.#ids;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#child.stdin!.write(`${JSON.stringify({ id, ...request })}\n`);
    });
  }
}
