import { expect, test } from "vitest";
import { ServiceError, ServiceTimeoutError, ValueError } from "pyros";
import { describePlacements, inTime, rejection, settled, turns, until, watched } from "./harness.ts";
import type progress from "./nodes/progress.ts";

describePlacements("a generator service", (placement) => {
  const nodes = { "/progress": { use: "./nodes/progress.ts" } };
  const live = () => placement.engine({ nodes });
  const sim = () => placement.engine({ nodes, clock: "sim" });
  async function read<T>(items: AsyncIterable<T>): Promise<T[]> {
    const all: T[] = [];
    for await (const item of items) all.push(item);
    return all;
  }

  test("yields progress: the call is a promise of the result and an async iterable", async () => {
    const engine = await live();
    const call = engine.client<typeof progress>("/progress").count({ count: 5 });
    expect(await read(call)).toEqual([0, 1, 2, 3, 4]);
    expect(await call).toBe(5);
    expect(await engine.client<typeof progress>("/progress").count({ count: 3 })).toBe(3);
    const plain = engine.client<typeof progress>("/progress").plain(2);
    expect(await read(plain)).toEqual([0, 1]);
    expect(await plain).toBe("plain");
  });

  test("progress that is not read is bounded by depth: the oldest is dropped first", async () => {
    const engine = await sim();
    const client = engine.client<typeof progress>("/progress");
    for (const [depth, left] of [[undefined, [90, 91, 92, 93, 94, 95, 96, 97, 98, 99]], [2, [98, 99]], [1, [99]]] as const) {
      const call = client.count({ count: 100, ms: 1 }, { depth });
      expect(await inTime(engine, call)).toBe(100);
      expect(await read(call)).toEqual(left);
    }
  });

  test.each([0, -1, 1.5, NaN])("is refused when its depth is %s", async (depth) => {
    const engine = await live();
    const error = await rejection(engine.client<typeof progress>("/progress").count({ count: 1 }, { depth }));
    expect(error.name).toBe("DeclarationError");
    expect(error.message).toContain("depth");
  });

  test("progress restarts the timeout", async () => {
    const engine = await sim();
    const client = engine.client<typeof progress>("/progress");
    expect(await inTime(engine, client.count({ count: 10, ms: 50 }, { timeout: 60 }))).toBe(10);
    const start = engine.time;
    const late = await rejection(inTime(engine, client.count({ count: 10, ms: 61 }, { timeout: 60 })));
    expect(late).toBeInstanceOf(ServiceTimeoutError);
    expect(engine.time - start).toBeLessThanOrEqual(100);
  });

  test("yields progress without a timeout as well", async () => {
    const engine = await live();
    const call = engine.client<typeof progress>("/progress").count({ count: 5, ms: 2 }, { timeout: Infinity });
    expect(await read(call)).toEqual([0, 1, 2, 3, 4]);
    expect(await engine.client<typeof progress>("/progress").count({ count: 1 })).toBe(1);
  });

  test("break aborts: the handler's generator comes to its end, and the call settles", async () => {
    const engine = await live();
    const client = engine.client<typeof progress>("/progress");
    const call = client.count({ count: 1_000_000, ms: 1 });
    for await (const item of call) if (item === 2) break;
    expect((await settled([call]))[0]).toHaveProperty("error");
    await until(async () => (await client.state()).returned === 1);
    const { yielded } = await client.state();
    expect(yielded).toBeLessThan(1000);
  });

  test("an abort reaches it and ends it", async () => {
    const engine = await sim();
    const client = engine.client<typeof progress>("/progress");
    const controller = new AbortController();
    const call = watched(client.count({ count: 1000, ms: 10 }, { signal: controller.signal }));
    await engine.run({ until: 35 });
    controller.abort("enough");
    await engine.run({ until: 1000 });
    expect(call.outcome).toEqual({ error: "enough" });
    expect(await client.state()).toMatchObject({ yielded: 3, returned: 1 });
  });

  test("what it throws reaches the promise and the iterator, after the progress before it", async () => {
    const engine = await live();
    const call = engine.client<typeof progress>("/progress").fails(2);
    const items: number[] = [];
    const error = await rejection((async () => {
      for await (const item of call) items.push(item);
    })());
    expect(items).toEqual([0, 1]);
    expect(error).toBeInstanceOf(ServiceError);
    expect(await rejection(call)).toBe(error);
  });

  test("a value that cannot leave is refused by path where it is yielded, and the generator comes to its end", async () => {
    const engine = await live();
    const client = engine.client<typeof progress>("/progress");
    const error = await rejection(client.bad());
    expect(error).toBeInstanceOf(ValueError);
    expect(error.path).toBe("$.fn");
    await until(async () => (await client.state()).returned === 1);
  });

  test("yielded values are copies, taken when they are yielded", async () => {
    const engine = await live();
    expect(await read(engine.client<typeof progress>("/progress").objects())).toEqual([{ x: 0 }, { x: 1 }, { x: 2 }]);
  });

  test("one that never waits for anything lets timers fire in time and fills no memory", async () => {
    const engine = await live();
    const client = engine.client<typeof progress>("/progress");
    const controller = new AbortController();
    const call = settled([client.endless(undefined, { signal: controller.signal })]);
    let fired = 0;
    for (let i = 0; i < 5; i++) {
      await new Promise((resolve) => setTimeout(resolve, 10));
      fired++;
    }
    controller.abort("enough");
    expect(fired).toBe(5);
    expect(await call).toEqual([{ error: "enough" }]);
    await until(async () => (await client.state()).returned === 1);
  });

  test("a call that is only iterated leaves no unhandled rejection, and one that nobody reads is only a promise", async () => {
    const engine = await live();
    const call = engine.call("/nobody/x");
    expect(
      await rejection((async () => {
        for await (const _ of call);
      })()),
    ).toMatchObject({ name: "UnknownServiceError" });
    await turns();
  });

  test("ends when its node ends: the promise and the iterator say so", async () => {
    const engine = await sim();
    const client = engine.client<typeof progress>("/progress");
    const call = client.count({ count: 1000, ms: 10 }, { timeout: Infinity });
    const reading = rejection((async () => {
      for await (const _ of call);
    })());
    await engine.run({ until: 35 });
    await engine.stopNode("/progress");
    expect((await reading).name).toBe("NodeLostError");
    expect((await rejection(call)).name).toBe("NodeLostError");
  });
});
