import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { every } from "../../src/time/ticker.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test("calls all of one interval in one turn, as long as they want it, and holds no timer for nobody", () => {
  const called: string[] = [];
  const ends = ["a", "b", "c"].map((name) => every(100, () => void called.push(name)));
  const endSlow = every(250, () => void called.push("slow"));
  expect(vi.getTimerCount()).toBe(2);
  vi.advanceTimersByTime(100);
  expect(called.splice(0)).toEqual(["a", "b", "c"]);
  ends[1]!();
  ends[1]!();
  vi.advanceTimersByTime(150);
  expect(called.splice(0)).toEqual(["a", "c", "slow"]);
  for (const end of ends) end();
  endSlow();
  expect(vi.getTimerCount()).toBe(0);
  ends[0]!();
  const again = every(100, () => void called.push("again"));
  ends[0]!();
  vi.advanceTimersByTime(100);
  expect(called).toEqual(["again"]);
  again();
  expect(vi.getTimerCount()).toBe(0);
});

test("lets one be ended while the others are called", () => {
  const called: string[] = [];
  const endFirst = every(50, () => {
    called.push("first");
    endSecond();
  });
  const endSecond = every(50, () => void called.push("second"));
  vi.advanceTimersByTime(50);
  expect(called).toEqual(["first"]);
  endFirst();
  expect(vi.getTimerCount()).toBe(0);
});
