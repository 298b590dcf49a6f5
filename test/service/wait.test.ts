import { expect, test } from "vitest";
import { StateError } from "../../src/errors.ts";
import { Caller } from "../../src/service/caller.ts";
import { Route } from "../../src/service/route.ts";
import { wait } from "../../src/service/wait.ts";
import { SimClock } from "../../src/time/clock.ts";

const never = () => () => {};

test("wait() resolves or rejects at its moment, as `late` says, and leaves no timer", async () => {
  const clock = new SimClock();
  const caller = new Caller("/a");
  const resolves = wait(clock, { caller }, 10, () => undefined);
  const rejects = wait(clock, { caller }, 10, () => new RangeError("late"), never);
  clock.advance(10);
  await resolves;
  await expect(rejects).rejects.toThrow("late");
  expect(clock.timers.size).toBe(0);
});

test("wait() ends with the caller and with the signal, stops watching, and leaves no timer", async () => {
  const clock = new SimClock();
  const caller = new Caller("/a");
  const controller = new AbortController();
  let stopped = 0;
  const watch = () => () => void stopped++;
  const waits = [
    wait(clock, { caller, signal: controller.signal }, 10, () => undefined, watch),
    wait(clock, { caller }, 10, () => undefined, watch),
  ];
  controller.abort("enough");
  await expect(waits[0]).rejects.toBe("enough");
  caller.end();
  await expect(waits[1]).rejects.toBeInstanceOf(StateError);
  expect([stopped, clock.timers.size]).toEqual([2, 0]);
  await expect(wait(clock, { caller }, 10, () => undefined)).rejects.toBeInstanceOf(StateError);
  await expect(wait(clock, { caller: new Caller("/b"), signal: controller.signal }, 10, () => undefined)).rejects.toBe("enough");
});

test("wait() stops watching what was there at once", async () => {
  const clock = new SimClock();
  let stopped = 0;
  await wait(clock, { caller: new Caller("/a") }, 10, () => undefined, (ready) => {
    ready();
    return () => void stopped++;
  });
  expect([stopped, clock.timers.size]).toEqual([1, 0]);
});

test("Route.whenProvided() leaves no waiter behind that was stopped", () => {
  const route = new Route("/x");
  const stop = route.whenProvided(1, () => {});
  expect(route.used).toBe(true);
  stop();
  expect(route.used).toBe(false);
});
