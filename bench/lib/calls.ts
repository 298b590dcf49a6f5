/** Loops that measure calls, the same for everyone; they run in the process that calls. */
import { type Message, message } from "./message.ts";
import { quantile } from "./stats.ts";

/** Sends a message there, and resolves when it is back. */
export type Send<T = Message> = (value: T) => Promise<unknown>;

/** What calls one after the other took, in µs. */
export interface Latency {
  p50: number;
  p99: number;
}

/**
 * Calls, each awaited before the next.
 *
 * @param make what is sent, made anew for each call
 * @param longest ms after which it is enough
 */
export async function oneByOne<T = Message>(
  send: Send<T>,
  count: number,
  make: (id: number) => T = message as never,
  longest = Infinity,
): Promise<Latency> {
  const took: number[] = [];
  const end = performance.now() + longest;
  for (let id = 0; id < count && performance.now() < end; id++) {
    const value = make(id);
    const start = performance.now();
    await send(value);
    took.push((performance.now() - start) * 1000);
  }
  return { p50: quantile(took, 0.5), p99: quantile(took, 0.99) };
}

/** Calls of which `width` are always under way; returns how many a second. */
export async function inFlight<T = Message>(
  send: Send<T>,
  count: number,
  width: number,
  make: (id: number) => T = message as never,
): Promise<number> {
  let id = 0;
  const one = async (): Promise<void> => {
    while (id < count) await send(make(id++));
  };
  const start = performance.now();
  await Promise.all(Array.from({ length: width }, one));
  return (count * 1000) / (performance.now() - start);
}

/** What a program that calls answers. */
export function callHandlers<T = Message>(
  send: Send<T>,
  make?: (id: number) => T,
): Record<string, (...args: never[]) => unknown> {
  return {
    calls: (count: number) => oneByOne(send, count, make),
    inFlight: (count: number, width: number) => inFlight(send, count, width, make),
  };
}
