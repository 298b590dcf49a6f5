import fc from "fast-check";
import { expect, test, vi } from "vitest";
import { LiveClock, SimClock } from "../../src/time/clock.ts";
import { Random } from "../../src/time/random.ts";
import { type Timer, Timers } from "../../src/time/timers.ts";

test("Timers fires by time, then by order of arrival, and never what was cancelled: against a sorted list", () => {
  const act = fc.oneof(
    fc.record({ at: fc.nat(50) }),
    fc.record({ cancel: fc.nat(30) }),
    fc.record({ fire: fc.nat(60) }),
  );
  fc.assert(
    fc.property(fc.array(act, { maxLength: 200 }), (acts) => {
      const timers = new Timers();
      const made: { timer: Timer; id: number }[] = [];
      let model: { at: number; id: number }[] = [];
      const fired: number[] = [];
      const expected: number[] = [];
      for (const step of acts) {
        if ("at" in step) {
          const id = made.length;
          made.push({ id, timer: timers.at(step.at, () => fired.push(id)) });
          model.push({ at: step.at, id });
        } else if ("cancel" in step) {
          const target = made[step.cancel];
          if (target === undefined) continue;
          timers.cancel(target.timer);
          model = model.filter(({ id }) => id !== target.id);
        } else {
          timers.fire(step.fire);
          expected.push(...model.filter(({ at }) => at <= step.fire).sort((a, b) => a.at - b.at || a.id - b.id).map(({ id }) => id));
          model = model.filter(({ at }) => at > step.fire);
        }
        expect(timers.size).toBe(model.length);
        expect(timers.next).toBe(Math.min(Infinity, ...model.map(({ at }) => at)));
      }
      expect(fired).toEqual(expected);
    }),
    { numRuns: 500 },
  );
});

test("Timers lets a timer that fires cancel one that is due as well, and makes a new one wait for the next call", () => {
  const timers = new Timers();
  const fired: string[] = [];
  timers.at(1, () => {
    fired.push("first");
    timers.cancel(second);
    timers.at(0, () => fired.push("third"));
  });
  const second = timers.at(1, () => fired.push("second"));
  timers.fire(1);
  expect(fired).toEqual(["first"]);
  timers.fire(1);
  expect(fired).toEqual(["first", "third"]);
  expect(timers.size).toBe(0);
});

test("Timers gives back the room of a million cancelled timers", () => {
  const timers = new Timers();
  timers.at(1e9, () => {});
  for (let i = 0; i < 1_000_000; i++) timers.cancel(timers.at(i, () => {}));
  expect([timers.size, timers.next]).toEqual([1, 1e9]);
});

test("Timers.at() refuses NaN, which would hold up all others", () => {
  expect(() => new Timers().at(NaN, () => {})).toThrow(RangeError);
});

test("LiveClock fires in time, the sooner one first, however they were set, and nothing after close()", async () => {
  const clock = new LiveClock();
  const fired: number[] = [];
  const start = clock.now();
  for (const ms of [30, 5, 15]) clock.timers.at(start + ms, () => fired.push(ms));
  await new Promise<void>((resolve) => clock.timers.at(start + 31, resolve));
  expect(fired).toEqual([5, 15, 30]);
  expect(clock.now() - start).toBeGreaterThanOrEqual(31);
  clock.timers.at(clock.now() + 1, () => fired.push(-1));
  clock.close();
  await new Promise((resolve) => setTimeout(resolve, 5));
  expect(fired).toEqual([5, 15, 30]);
});

test("LiveClock fires what is set after a timer was set and cancelled while others fired", async () => {
  const clock = new LiveClock();
  const at = clock.now() + 2;
  clock.timers.at(at, () => clock.timers.cancel(clock.timers.at(at + 5, () => {})));
  await new Promise<void>((resolve) => clock.timers.at(at, resolve));
  let fired = false;
  clock.timers.at(clock.now() + 10, () => (fired = true));
  await new Promise((resolve) => setTimeout(resolve, 40));
  clock.close();
  expect(fired).toBe(true);
});

test("LiveClock sets the runtime's timer once for a thousand waits that end early, and a few times for one that lasts", async () => {
  const clock = new LiveClock();
  const set = vi.spyOn(globalThis, "setTimeout");
  const cleared = vi.spyOn(globalThis, "clearTimeout");
  try {
    for (let i = 0; i < 1000; i++) clock.timers.cancel(clock.timers.at(clock.now() + 10_000 + i, () => {}));
    expect(set).toHaveBeenCalledTimes(1);
    expect(cleared).not.toHaveBeenCalled();
    const start = clock.now();
    await new Promise<void>((resolve) => clock.timers.at(start + 300, resolve));
    expect(clock.now() - start).toBeGreaterThanOrEqual(300);
    expect(set.mock.calls.length).toBeLessThanOrEqual(4); // the first look, and twice the moment itself should the first come early
    clock.close();
  } finally {
    set.mockRestore();
    cleared.mockRestore();
  }
});

test("LiveClock keeps a program alive for what waits, and hardly longer than it waits", async () => {
  const clock = new LiveClock();
  const set = vi.spyOn(globalThis, "setTimeout");
  try {
    const far = clock.timers.at(clock.now() + 60_000, () => {});
    expect(set.mock.calls.at(-1)![1]).toBeLessThanOrEqual(20);
    await vi.waitFor(() => expect(set.mock.calls.some(([, ms]) => ms! > 59_000)).toBe(true));
    const cleared = vi.spyOn(globalThis, "clearTimeout");
    clock.timers.cancel(far);
    expect(cleared).toHaveBeenCalledTimes(1);
    cleared.mockRestore();
  } finally {
    set.mockRestore();
    clock.close();
  }
});

test("LiveClock waits for what is further away than a runtime's timer can be", () => {
  const clock = new LiveClock();
  let fired = false;
  clock.timers.at(clock.now() + 2 ** 40, () => (fired = true));
  expect(clock.timers.size).toBe(1);
  clock.close();
  expect(fired).toBe(false);
});

test("SimClock stands still until it is advanced, and never runs back", () => {
  const clock = new SimClock();
  const fired: number[] = [];
  clock.timers.at(10, () => fired.push(clock.now()));
  clock.advance(9);
  expect([clock.now(), fired]).toEqual([9, []]);
  clock.advance(12);
  clock.advance(3);
  expect([clock.now(), fired]).toEqual([12, [12]]);
});

test("Random gives the same sequence for the same seed, another for another, and goes on from its state", () => {
  const take = (random: Random) => Array.from({ length: 20 }, () => random.next());
  const [a, b, c] = [new Random("x\n/a"), new Random("x\n/a"), new Random("x\n/b")];
  const first = take(a);
  expect(take(b)).toEqual(first);
  expect(take(c)).not.toEqual(first);
  const copy = new Random("other");
  copy.state = [...a.state];
  expect(take(copy)).toEqual(take(a));
  for (const value of first) expect(value >= 0 && value < 1).toBe(true);
});

test("Random is even: a hundred thousand numbers fill ten equal parts alike", () => {
  const random = new Random("even");
  const counts = Array<number>(10).fill(0);
  for (let i = 0; i < 100_000; i++) counts[Math.floor(random.next() * 10)]!++;
  for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(500);
});
