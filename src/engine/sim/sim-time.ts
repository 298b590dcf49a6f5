import { setImmediate } from "node:timers";

/** Simulated time, as what lives in it knows it. */
export interface SimTime {
  /** Holds time until `fn` has settled. */
  external<T>(fn: () => T | Promise<T>): Promise<T>;
  /** Delivers, at the present moment, until nothing is on its way. */
  settle(): Promise<void>;
  /** Waits for a promise, but not for longer than `ms`, nor than time runs; says whether it settled. */
  within(promise: Promise<unknown>, ms: number): Promise<boolean>;
  /**
   * Time follows a clock outside from now on: it runs no further than that, frame by frame, and stands where that stands.
   *
   * @param to what that clock says, in ms; a moment that is past is now
   * @param leap whether time goes there without frames: what is due by then happens there
   */
  follow(to: number, leap: boolean): void;
  /** Something was sent while time stands still. */
  wake(): void;
  close(): void;
}

/** Lets every promise that can settle do so: microtasks run dry before the loop's next turn. */
export function hop(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Waits, but not for longer than `ms` of real time: the outside world may hang, and messages may go round for ever. */
export async function orLate(promise: Promise<unknown>, ms: number): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  await Promise.race([promise.catch(() => {}), new Promise((resolve) => (timer = setTimeout(resolve, ms)))]);
  clearTimeout(timer);
}
