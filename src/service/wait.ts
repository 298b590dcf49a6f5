import type { Clock } from "../time/clock.ts";
import type { Timer } from "../time/timers.ts";
import type { Caller } from "./caller.ts";
import type { Pending } from "./pending.ts";
import type { Job } from "./job.ts";

/** Who waits. The wait is given up when the caller ends, when the call that it belongs to is, or when the signal fires. */
export interface Waiter {
  readonly caller: Caller;
  readonly parent?: Job;
  readonly signal?: AbortSignal;
}

/**
 * Waits for something, or for a moment.
 *
 * @param clock gives the time
 * @param who who waits
 * @param at the moment, in ms of the clock; `Infinity` for never
 * @param late called then; an error that it returns rejects the wait, else it resolves
 * @param begin begins to watch, and returns what stops it; it calls `ready` when what is waited for is there
 */
export function wait(
  clock: Clock,
  { caller, parent, signal }: Waiter,
  at: number,
  late: () => Error | undefined,
  begin?: (ready: () => void) => () => void,
): Promise<void> {
  if (caller.ended !== undefined) return Promise.reject(caller.ended);
  if (signal?.aborted) return Promise.reject(signal.reason);
  return new Promise((resolve, reject) => {
    let timer: Timer | undefined;
    let stop: (() => void) | undefined;
    let over = false;
    const end = () => {
      over = true;
      stop?.();
      if (timer !== undefined) clock.timers.cancel(timer);
      signal?.removeEventListener("abort", aborted);
      caller.release(pending);
      parent?.release(pending);
    };
    const pending: Pending = {
      placeAtCaller: 0,
      placeInJob: 0,
      abandon(reason) {
        end();
        reject(reason);
      },
    };
    const aborted = () => pending.abandon(signal!.reason);
    signal?.addEventListener("abort", aborted);
    caller.adopt(pending);
    parent?.adopt(pending);
    if (over) return; // the call that it belongs to was given up before
    if (at !== Infinity) {
      timer = clock.timers.at(at, () => {
        const error = late();
        end();
        if (error === undefined) resolve();
        else reject(error);
      });
    }
    const watching = begin?.(() => {
      end();
      resolve();
    });
    if (over) watching?.();
    else stop = watching;
  });
}
