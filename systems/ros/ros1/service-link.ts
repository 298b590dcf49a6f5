import { NodeLostError } from "../../../src/errors.ts";
import { largestMessage } from "../message/output.ts";
import type { Connection } from "./handshake.ts";

/** What a provider has answered: a result, or the text of an error. */
export interface Answer {
  readonly ok: boolean;
  readonly body: Uint8Array;
}

/** One connection to the provider of a service: it carries one call after the other. */
export class ServiceLink {
  readonly #connection: Connection;
  #pending: { readonly resolve: (answer: Answer) => void; readonly reject: (error: unknown) => void } | undefined;
  #closed = false;
  /** Called when it has ended. */
  onEnd: () => void = () => {};

  constructor(connection: Connection) {
    this.#connection = connection;
    const { stream, frames } = connection;
    frames.marks = 1;
    frames.largest = largestMessage;
    frames.onFrame = (body, mark) => {
      const pending = this.#pending;
      if (pending === undefined) return stream.destroy(); // nobody has asked
      this.#pending = undefined;
      pending.resolve({ ok: mark !== 0, body });
    };
    stream.onClose = (reason) => this.#end(reason);
  }

  get isOpen(): boolean {
    return !this.#closed;
  }

  /**
   * Sends a request, and waits for what comes back; there is one at a time.
   *
   * @param signal ends the connection, since nothing else ends a call of ROS
   * @throws NodeLostError when the connection ends first, or the reason of the signal
   */
  exchange(request: Uint8Array, signal: AbortSignal): Promise<Answer> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason);
      if (this.#closed) return reject(lost(undefined));
      const aborted = (): void => {
        this.#pending = undefined;
        reject(signal.reason);
        this.#connection.stream.destroy();
        this.#end(undefined); // at once, so that nobody else takes it
      };
      const settle = <T>(then: (value: T) => void) => (value: T): void => {
        signal.removeEventListener("abort", aborted);
        then(value);
      };
      signal.addEventListener("abort", aborted, { once: true });
      this.#pending = { resolve: settle(resolve), reject: settle(reject) };
      this.#connection.stream.write(request);
    });
  }

  close(): void {
    this.#connection.stream.close();
    this.#end(undefined);
  }

  #end(reason: Error | undefined): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#pending?.reject(lost(reason));
    this.#pending = undefined;
    this.onEnd();
  }
}

function lost(reason: Error | undefined): NodeLostError {
  const why = reason === undefined ? "closed the connection" : `was lost (${reason.message})`;
  return new NodeLostError(`the provider ${why} before it had answered`, reason === undefined ? {} : { cause: reason });
}
