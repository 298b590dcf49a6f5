import type { Dispatcher } from "../dispatch/dispatcher.ts";
import { DeclarationError, NodeLostError, OverloadedError, StateError, UnknownServiceError } from "../errors.ts";
import type { CallOptions } from "./call.ts";
import { CallPromise } from "./call-promise.ts";
import type { Caller } from "./caller.ts";
import type { Job } from "./job.ts";
import { Progress } from "./progress.ts";
import type { Route } from "./route.ts";
import { wait } from "./wait.ts";

const firstPause = 10; // ms before the second attempt; doubles with each

/** A call that is tried again; `options.timeout` and `options.depth` are set. */
export interface Retrying {
  readonly caller: Caller;
  readonly route: Route;
  readonly input: unknown;
  readonly options: CallOptions & { readonly timeout: number; readonly depth: number };
  readonly parent: Job | undefined;
}

/** Where calls are made. */
interface Calls {
  readonly dispatcher: Dispatcher;
  callByName(
    caller: Caller,
    name: string,
    resolve: (name: string) => string,
    input: unknown,
    options?: CallOptions,
    parent?: Job,
  ): Promise<unknown>;
}

/**
 * Calls, and calls again after errors that pass, as often as asked and never beyond the call's timeout.
 *
 * @returns the call: a promise, and an iterable of what all attempts yield
 */
export function callAgain(services: Calls, call: Retrying): Promise<unknown> {
  return CallPromise.open((settle) => {
    const { timeout, depth, signal: given } = call.options;
    const gaveUp = new AbortController();
    const signal = given === undefined ? gaveUp.signal : AbortSignal.any([given, gaveUp.signal]);
    const progress = new Progress<unknown>(
      depth,
      () => gaveUp.abort(new StateError(`the caller stopped reading ${call.route.name}`, { name: call.route.name })),
    );
    const result = timeout > 0 ? attempts(services, { ...call, options: { ...call.options, signal } }, progress) : Promise.reject(
      new DeclarationError(`timeout of a call to ${call.route.name} is ${String(timeout)}; it must be above 0 ms`, {
        name: call.route.name,
      }),
    );
    result.then(
      (value) => {
        settle.resolve(value);
        progress.end();
      },
      (error: unknown) => {
        settle.reject(error);
        progress.end(error);
      },
    );
    return progress;
  });
}

async function attempts(
  services: Calls,
  { caller, route, input, options, parent }: Retrying,
  progress: Progress<unknown>,
): Promise<unknown> {
  const { clock } = services.dispatcher;
  const { retries = 0, timeout, ...rest } = options;
  const end = clock.now() + timeout;
  for (let tried = 0;; tried++) {
    try {
      // By name: who provides it now may have come since the last attempt.
      const attempt = services.callByName(caller, route.name, asItIs, input, { ...rest, timeout: Math.max(end - clock.now(), 1) }, parent);
      if (attempt instanceof CallPromise) { for await (const item of attempt) progress.push(item); }
      return await attempt;
    } catch (error) {
      const passing = error instanceof OverloadedError || error instanceof UnknownServiceError || error instanceof NodeLostError;
      const next = clock.now() + firstPause * 2 ** tried;
      if (!passing || tried >= retries || next >= end || caller.ended !== undefined) throw error;
      await wait(clock, { caller, parent, signal: options.signal }, next, () => undefined);
    }
  }
}

function asItIs(name: string): string {
  return name;
}
