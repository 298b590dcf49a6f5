import { expect, test } from "vitest";
import { StartLimit } from "../../src/host/start-limit.ts";

test("lets so many in at a time, in the order in which they came, also when one fails", async () => {
  const limit = new StartLimit(2);
  const begun: number[] = [];
  const ends: (() => void)[] = [];
  const runs = [0, 1, 2, 3].map((n) =>
    limit.run(async () => {
      begun.push(n);
      await new Promise<void>((resolve) => (ends[n] = resolve));
      if (n === 0) throw new Error("no");
      return n;
    })
  );
  runs[0]!.catch(() => {});
  expect(begun).toEqual([0, 1]);
  ends[0]!();
  await expect(runs[0]).rejects.toThrow("no");
  await expect.poll(() => begun).toEqual([0, 1, 2]);
  ends[1]!();
  await expect.poll(() => begun).toEqual([0, 1, 2, 3]);
  ends[2]!();
  ends[3]!();
  expect(await Promise.all(runs.slice(1))).toEqual([1, 2, 3]);
});
