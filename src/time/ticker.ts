/** Those who look after something every so often, by interval. */
const rounds = new Map<number, Round>();

interface Round {
  readonly timer: ReturnType<typeof setInterval>;
  readonly callbacks: Set<() => void>;
}

/**
 * Calls back every so many ms of real time, and does not keep the program alive.
 *
 * All who ask for the same interval are called in the same turn, so that an idle engine wakes up once for all of them.
 *
 * @param callback must not throw
 * @returns ends it
 */
export function every(ms: number, callback: () => void): () => void {
  let round = rounds.get(ms);
  if (round === undefined) {
    const callbacks = new Set<() => void>();
    const timer = setInterval(() => {
      for (const callback of callbacks) callback();
    }, ms);
    timer.unref();
    rounds.set(ms, round = { timer, callbacks });
  }
  const { timer, callbacks } = round;
  const mine = (): void => callback();
  callbacks.add(mine);
  return () => {
    callbacks.delete(mine);
    if (callbacks.size > 0 || rounds.get(ms)?.timer !== timer) return;
    clearInterval(timer);
    rounds.delete(ms);
  };
}
