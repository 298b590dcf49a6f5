import fc from "fast-check";
import { expect, test } from "vitest";
import { describePlacements, graphOf, settled, turns, until } from "./harness.ts";
import type mortal from "./nodes/mortal.ts";

type Step =
  | { readonly do: "stop" | "start" | "restart" | "fail" | "call" }
  | { readonly do: "setup"; readonly how: "quick" | "slow" | "hang" | "throw" | "throw-later" }
  | { readonly do: "dispose"; readonly how: "quick" | "slow" | "throw" }
  | { readonly do: "wait"; readonly turns: number };

const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constantFrom("stop", "start", "restart") }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constantFrom("fail", "call") }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("setup"), how: fc.constantFrom("quick", "slow", "hang", "throw", "throw-later") }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("dispose"), how: fc.constantFrom("quick", "slow", "throw") }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("wait"), turns: fc.nat(5) }) },
) as fc.Arbitrary<Step>;

describePlacements("stop, start and restart in any order", (placement) => {
  for (const clock of ["live", "sim"] as const) {
    test(
      `any number of times leave nothing behind and end in the state that was asked for, with clock ${clock}`,
      { timeout: 180_000 },
      async () => {
        const engine = await placement.engine({
          clock,
          rate: 100,
          nodes: { "/m": { use: "./nodes/mortal.ts", restart: { delay: 5, limit: 1000 } }, "/echo": { use: "./nodes/echo.ts" } },
        });
        const client = engine.client<typeof mortal>("/m");
        const status = () => engine.nodes.find(({ name }) => name === "/m")!.status;
        const whole = graphOf(engine);
        const listeners = engine.params.list("/m");
        await fc.assert(
          fc.asyncProperty(fc.array(step, { maxLength: 20 }), fc.constantFrom("stop", "start", "restart"), async (steps, last) => {
            const asked: Promise<unknown>[] = [];
            for (const { do: what, ...more } of [...steps, { do: "setup", how: "quick" }, { do: last }] as Step[]) {
              if (what === "stop" || what === "start" || what === "restart") asked.push(engine[`${what}Node`]("/m"));
              if (what === "fail") asked.push(client.fail("throw"));
              if (what === "call") asked.push(client.slow(1e6, { timeout: 1e7 }), client.stuck(undefined, { timeout: 1e7 }));
              for (const promise of asked) promise.catch(() => {});
              if ("how" in more) await engine.params.set(`/m/${what}`, more.how);
              if ("turns" in more) {
                await (clock === "sim" && more.turns > 2 ? engine.run({ frames: 1 }).catch(() => {}) : turns(more.turns));
              }
            }
            // The last word may have been said to a setup that hangs, where it waits behind what comes to nothing.
            if (last === "start" && steps.some((s) => "how" in s && s.how === "hang")) asked.push(engine.restartNode("/m"));
            const ends = asked.at(-1)!;
            if (clock === "sim") await engine.run({ seconds: 20 });
            await ends;
            if (last === "stop") {
              expect(status()).toBe("stopped");
              expect(Object.values(graphOf(engine)).flat().filter((name) => name.endsWith(" of /m"))).toEqual([]);
              await engine.startNode("/m");
            }
            if (clock === "sim") await engine.run({ seconds: 1 });
            await until(() => status() === "running");
            expect(graphOf(engine)).toEqual(whole);
            await until(async () => (await client.story()).open === 1, 1000);
            expect((await client.state()).notes).toEqual([]);
            await engine.restartNode("/m");
            await settled(asked); // every call and every request settles
            expect(engine.params.list("/m")).toEqual(listeners);
          }),
          { numRuns: placement.runs(clock === "live" ? 25 : 60) },
        );
      },
    );
  }
});
