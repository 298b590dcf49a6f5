import { expect, test } from "vitest";
import { Progress } from "../../src/service/progress.ts";

const noAbort = () => {
  throw new Error("not to be given up");
};

test("next() gives what was pushed, in order, and then the end", async () => {
  const progress = new Progress<number>(3, noAbort);
  progress.push(1);
  progress.push(2);
  progress.end();
  expect([await progress.next(), await progress.next(), await progress.next(), await progress.next()]).toEqual([
    { done: false, value: 1 },
    { done: false, value: 2 },
    { done: true, value: undefined },
    { done: true, value: undefined },
  ]);
});

test("push() beyond the depth drops the oldest and counts it", async () => {
  const progress = new Progress<number>(2, noAbort);
  for (let i = 0; i < 5; i++) progress.push(i);
  expect(progress.dropped).toBe(3);
  expect((await progress.next()).value).toBe(3);
});

test("several readers that wait are served in their order, and all hear of the end", async () => {
  const progress = new Progress<number>(2, noAbort);
  const readers = [progress.next(), progress.next(), progress.next()];
  progress.push(1);
  progress.push(2);
  progress.end();
  expect((await Promise.all(readers)).map(({ value }) => value)).toEqual([1, 2, undefined]);
});

test("an error comes after what was pushed before it, once", async () => {
  const progress = new Progress<number>(2, noAbort);
  progress.push(1);
  progress.end(new Error("over"));
  expect((await progress.next()).value).toBe(1);
  await expect(progress.next()).rejects.toThrow("over");
  expect((await progress.next()).done).toBe(true);
});

test("return() gives the call up, and not once it has ended", async () => {
  let gaveUp = 0;
  const progress = new Progress<number>(2, () => gaveUp++);
  progress.push(1);
  await progress.return();
  expect(gaveUp).toBe(1);
  progress.end();
  await progress.return();
  expect([gaveUp, (await progress.next()).done]).toEqual([1, true]);
});
