import { getLogger, type Logger } from "@logtape/logtape";
import type { Engine } from "../engine/engine.ts";

const forever = 2 ** 31 - 1; // ms; the longest that a timer takes, about 25 days
const forced = 130; // exit code, as shells have it for an interrupted program

/**
 * Decides when a run has ended, and how: by its limit, by Ctrl-C or SIGTERM, or because no node is left that runs.
 *
 * It installs the handlers of the process that an engine must not install.
 */
export class Ending {
  /** The exit code, when the engine has closed. */
  readonly ended: Promise<number>;
  /** Whether the run was ended by a signal. */
  interrupted = false;
  readonly #engine: Engine;
  readonly #log: Logger = getLogger(["pyros", "cli"]);
  readonly #givenUp: Set<string> = new Set();
  /** A graph that is idle has nothing that keeps the process alive, and must not be woken. */
  readonly #alive: ReturnType<typeof setInterval> = setInterval(() => {}, forever);
  readonly #unwatch: () => void;
  #limit: ReturnType<typeof setTimeout> | undefined;
  #resolve!: (code: number) => void;
  #ending = false;

  /** @param engine what runs */
  constructor(engine: Engine) {
    this.#engine = engine;
    this.ended = new Promise((resolve) => (this.#resolve = resolve));
    process.on("SIGINT", this.#interrupt).on("SIGTERM", this.#interrupt).on("unhandledRejection", this.#unhandled);
    this.#unwatch = engine.watchGraph(({ type, node }) => {
      if (type === "given-up") this.#onGivenUp(node);
      else if (type === "started") this.#givenUp.delete(node);
    });
  }

  /** Closes the engine; then `ended` resolves. */
  end(): void {
    if (this.#ending) return;
    this.#ending = true;
    void this.#close();
  }

  async #close(): Promise<void> {
    try {
      await this.#engine.close();
      this.#resolve(this.#givenUp.size > 0 ? 1 : 0);
    } catch (error) {
      this.#log.error("closing failed: {error}", { error });
      this.#resolve(1);
    }
  }

  /** Ends after some ms of real time. */
  endAfter(ms: number): void {
    this.#limit = setTimeout(() => (ms > forever ? this.endAfter(ms - forever) : this.end()), Math.min(ms, forever));
  }

  /** Removes every handler, and lets the process end. */
  close(): void {
    process.off("SIGINT", this.#interrupt).off("SIGTERM", this.#interrupt).off("unhandledRejection", this.#unhandled);
    clearInterval(this.#alive);
    clearTimeout(this.#limit);
    this.#unwatch();
  }

  #onGivenUp(node: string): void {
    this.#givenUp.add(node);
    this.#log.error("{node} is given up", { node });
    const alive = this.#engine.nodes.some(({ status }) => status !== "failed" && status !== "stopped");
    if (!alive) this.end();
  }

  readonly #interrupt = (): void => {
    if (this.interrupted) process.exit(forced);
    this.interrupted = true;
    this.#log.info("closing; interrupt again to force");
    this.end();
  };

  readonly #unhandled = (error: unknown): void => {
    this.#log.error("nobody handles a rejection: {error}", { error });
  };
}
