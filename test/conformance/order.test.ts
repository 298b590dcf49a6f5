import fc from "fast-check";
import { expect, onTestFinished, test } from "vitest";
import { createEngine } from "pyros";
import { describeOnce, describePlacements, inTime, until, watched } from "./harness.ts";
import type nested from "./nodes/nested.ts";
import type receiver from "./nodes/receiver.ts";
import type sender from "./nodes/sender.ts";
import type { Sent } from "./nodes/sender.ts";

const nodes = { "/sender": { use: "./nodes/sender.ts" }, "/receiver": { use: "./nodes/receiver.ts" } };

describePlacements("order", (placement) => {
  for (const clock of ["live", "sim"] as const) {
    test(`calls, param writes and items of one node arrive at another in the order in which they were sent, with clock ${clock}`, {
      timeout: 120_000,
    }, async () => {
      const engine = await placement.engine({ nodes, clock });
      const kinds = fc.array(fc.constantFrom<Sent>("call", "item", "param"), { maxLength: 200 });
      await fc.assert(
        fc.asyncProperty(kinds, async (sent) => {
          const to = engine.client<typeof receiver>("/receiver");
          const before = (await to.got()).length;
          await engine.params.set("/last", -1);
          await engine.client<typeof sender>("/sender").burst(sent);
          const expected = sent.map((kind, n) => ({ kind, n })).filter(({ kind }) => kind !== "param").map(({ n }) => ({
            n,
            last: sent.slice(0, n).lastIndexOf("param"),
          }));
          await until(async () => (await to.got()).length === before + expected.length);
          expect((await to.got()).slice(before)).toEqual(expected);
        }),
        { numRuns: placement.runs(clock === "live" ? 60 : 30) },
      );
    });

    test(`what a node sent after an acknowledged set is never seen before that set, with clock ${clock}`, async () => {
      const engine = await placement.engine({ nodes, clock });
      const work = engine.client<typeof sender>("/sender").careful(100);
      await (clock === "sim" ? inTime(engine, work) : work);
      const to = engine.client<typeof receiver>("/receiver");
      await until(async () => (await to.got()).length === 100);
      const got = await to.got();
      expect(got.map(({ n }) => n)).toEqual([...got.keys()]);
      for (const { n, last } of got) expect(last).toBeGreaterThanOrEqual(n);
    });
  }
});

describeOnce("while the receiver moves", () => {
  test.each(["loop", "thread", "process"] as const)(
    "calls and items of a node in the %s arrive in the order in which they were sent",
    { timeout: 120_000 },
    async (placement) => {
      const engine = await createEngine(
        { nodes: { "/sender": { use: "./nodes/sender.ts", placement }, "/receiver": { use: "./nodes/receiver.ts" } } },
        { base: new URL("./", import.meta.url) },
      );
      onTestFinished(() => engine.close());
      const to = engine.client<typeof receiver>("/receiver");
      const kinds: Sent[] = ["call", "item", "item", "param", "call", "item", "call", "param", "item"];
      const once = kinds.map((kind, n) => ({ kind, n })).filter(({ kind }) => kind !== "param").map(({ n }) => n);
      let from = 0;
      for (const place of ["thread", "process", "loop", "thread", "loop", "process"] as const) {
        const bursts: Promise<unknown>[] = [];
        let out = 0; // not too many: items, but not calls, wait for a link that is behind
        const move = watched(engine.move("/receiver", place));
        while (move.outcome === undefined) {
          if (out < 30) {
            out++;
            bursts.push(engine.client<typeof sender>("/sender").burst(kinds, { timeout: 30_000 }).finally(() => out--));
          }
          await new Promise((resolve) => setTimeout(resolve, 1));
        }
        expect(move.outcome).toEqual({ value: undefined });
        await Promise.all(bursts);
        const expected = bursts.flatMap(() => once);
        await until(async () => (await to.got()).length === from + expected.length);
        const got = (await to.got()).slice(from);
        expect(got.map(({ n }) => n), `to the ${place}`).toEqual(expected);
        from += got.length;
      }
    },
  );
});

describePlacements("answers", (placement) => {
  for (const clock of ["live", "sim"] as const) {
    test(`come after what their provider sent before, with clock ${clock}`, async () => {
      const engine = await placement.engine({
        clock,
        nodes: { "/ponger": { use: "./nodes/ponger.ts" }, "/pinger": { use: "./nodes/pinger.ts" } },
      });
      const got = await engine.call<string[]>("/pinger/ping", 30);
      expect(got).toEqual(Array.from({ length: 30 }, (_, n) => [`item ${n}`, `answer ${n}, param ${n}`]).flat());
    });
  }
});

describePlacements("reentrancy", (placement) => {
  for (const clock of ["live", "sim"] as const) {
    test(`no handler runs inside another handler's synchronous part, with clock ${clock}`, async () => {
      const engine = await placement.engine({ clock, rate: 200, nodes: { "/nested": { use: "./nodes/nested.ts" } } });
      if (clock === "sim") await engine.run({ frames: 200 });
      else {
        // Each level writes params: over a link that takes a round trip.
        void engine.call("/nested/work", placement.name === "loop" ? 8 : 5);
        await until(async () => (await engine.client<typeof nested>("/nested").count(undefined, { timeout: 30_000 })).runs > 100, 50_000);
      }
      const { nested: times, runs } = await engine.client<typeof nested>("/nested").count();
      expect(runs).toBeGreaterThan(100);
      expect(times).toBe(0);
    });
  }
});
