import { endOf, isOpen } from "./goal.ts";

const depth = 10; // feedback that waits to be read; the oldest is dropped first

/** Ms between two looks at whether goals are still known to their server. */
export const beat = 1000;

/**
 * Beats in which no list of the server names a goal as one that is open, until the goal is lost.
 *
 * One that was named as such, and is in no list any more, is lost as in actionlib's clients (`update_status` of its state machine), but not
 * before a whole beat: a result has a connection of its own, and a list may overtake it. While a goal is not acknowledged, and while its
 * result is due, these clients wait for ever. Here that ends too. A server keeps goals in its lists for 5 s after their end (actionlib's
 * `status_list_timeout`), so that one which it got is named in time, however soon it ended; twice as long is for large goals and results on
 * slow networks.
 */
const patience = { forgotten: 1, unheard: 10, ended: 10 } as const;

/** A goal that a server pursues for a caller here. */
export class Goal {
  readonly #feedback: unknown[] = [];
  #end: { readonly result?: unknown; readonly error?: unknown } | undefined;
  #wake: () => void = () => {};
  /** What the server has said last; undefined while it has not said anything. */
  #status: number | undefined;
  /** Whether the server has named it as open since the last beat; as if it had when it was sent. */
  #isNamed = true;
  #beats = 0;
  /** Whether the server has said that it has ended. */
  isOver = false;

  feed(feedback: unknown): void {
    if (this.#feedback.push(feedback) > depth) this.#feedback.shift();
    this.#wake();
  }

  end(end: { readonly result?: unknown; readonly error?: unknown }): void {
    this.#end ??= end;
    this.#wake();
  }

  /** A list of the server names it. */
  see(status: number): void {
    this.#status = status;
    if (isOpen(status)) this.#isNamed = true;
  }

  /**
   * A beat has passed in which the server has told lists. It is beats that count, not the time: where this thread was held up, the lists of
   * that time come only after it.
   *
   * @returns what the server does, when the goal is lost by that
   */
  pass(): string | undefined {
    this.#beats = this.#isNamed ? 0 : this.#beats + 1;
    this.#isNamed = false;
    const status = this.#status;
    const [limit, why] = status === undefined
      ? [patience.unheard, `has told of its goals for ${patience.unheard * beat / 1000} s, and never of this one`]
      : isOpen(status)
      ? [patience.forgotten, "knows the goal no longer"]
      : [patience.ended, `says that the goal has ended (${endOf(status)}), but no result has come for ${patience.ended * beat / 1000} s`];
    return this.#beats >= limit ? why : undefined;
  }

  /** What comes next: feedback, and at last the result. */
  async next(): Promise<{ readonly feedback: unknown } | { readonly result: unknown }> {
    for (;;) {
      if (this.#feedback.length > 0) return { feedback: this.#feedback.shift() };
      if (this.#end !== undefined) {
        if ("error" in this.#end) throw this.#end.error;
        return { result: this.#end.result };
      }
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }
}
