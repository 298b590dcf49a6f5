import type { Progress } from "./progress.ts";

/** What a call of a generator service returns: a promise of the result, and an async iterable of the progress. */
export class CallPromise<T, P = unknown> extends Promise<T> implements AsyncIterable<P> {
  // Promises derived by `then` are plain ones, and so is what `await` sees: only the call itself can be iterated.
  static override get [Symbol.species](): PromiseConstructor {
    return Promise;
  }

  #progress: Progress<P> | undefined;

  /**
   * A promise with its settlers, to be settled by a call.
   *
   * @param open makes the progress, once the settlers are known
   */
  static open<T, P>(
    open: (settle: { resolve: (value: T) => void; reject: (error: unknown) => void }) => Progress<P> | undefined,
  ): CallPromise<T, P> {
    let settle!: { resolve: (value: T) => void; reject: (error: unknown) => void };
    const promise = new CallPromise<T, P>((resolve, reject) => (settle = { resolve, reject }));
    promise.#progress = open(settle);
    return promise;
  }

  [Symbol.asyncIterator](): AsyncIterator<P, undefined> {
    this.catch(() => {}); // whoever iterates gets the error from the iterator
    return this.#progress ?? failed(this);
  }
}

/** The iterator of a call that was refused before it went out. */
function failed(promise: Promise<unknown>): AsyncIterator<never, undefined> {
  return { next: () => promise.then(() => ({ done: true as const, value: undefined })) };
}
