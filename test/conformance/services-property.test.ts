import fc from "fast-check";
import { expect, test } from "vitest";
import { createEngine } from "pyros";
import { describePlacements, settled, turns } from "./harness.ts";

const targets = [
  "/echo/echo",
  "/echo/later",
  "/echo/never",
  "/echo/stuck",
  "/one/turn",
  "/one/chain",
  "/one/few",
  "/progress/count",
  "/progress/endless",
  "/progress/fails",
  "/throws/now",
  "/throws/later",
  "/throws/thenable",
  "/schemas/slowly",
  "/opener/late",
  "/nobody/x",
  "/asker/ask",
  "/asker/through",
];

const inputs: Record<string, unknown> = {
  "/echo/later": { ms: 30 },
  "/echo/never": 0,
  "/one/turn": { id: "x", ms: 5 },
  "/one/chain": ["/one/chain"],
  "/one/few": 20,
  "/progress/count": { count: 20, ms: 3 },
  "/progress/fails": 3,
  "/throws/now": "proxy",
  "/throws/later": "getter",
  "/throws/thenable": "twice",
  "/schemas/slowly": 4,
  "/opener/late": { ms: 10 },
  "/asker/ask": { service: "/echo/never", input: 0, options: { timeout: 50 }, times: 2 },
  "/asker/through": { service: "/asker/ask", input: { service: "/one/few", input: 15 } },
};

type Act =
  | {
    readonly act: "call";
    readonly to: string;
    readonly timeout: number;
    readonly abort: number | undefined;
    readonly retries: number;
    readonly read: number;
  }
  | { readonly act: "stop" | "restart" | "start"; readonly node: string }
  | { readonly act: "open" | "shut" }
  | { readonly act: "pass"; readonly ms: number };

const act = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      act: fc.constant("call"),
      to: fc.constantFrom(...targets),
      timeout: fc.constantFrom(1, 10, 40, 5000),
      abort: fc.option(fc.nat(30), { nil: undefined }),
      retries: fc.constantFrom(0, 0, 0, 3),
      read: fc.constantFrom(0, 0, 1, 1000),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      act: fc.constantFrom("stop", "restart", "start"),
      node: fc.constantFrom("/echo", "/one", "/progress", "/asker", "/opener", "/schemas"),
    }),
  },
  { weight: 1, arbitrary: fc.record({ act: fc.constantFrom("open", "shut") }) },
  { weight: 3, arbitrary: fc.record({ act: fc.constant("pass"), ms: fc.nat(30) }) },
) as fc.Arbitrary<Act>;

describePlacements("calls", (placement) => {
  for (const clock of ["live", "sim"] as const) {
    test(`every call settles, whatever is called, aborted, timed out, withdrawn, stopped or closed meanwhile, with clock ${clock}`, {
      timeout: 180_000,
    }, async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(act, { maxLength: 40, size: "large" }), fc.boolean(), async (acts, closeEarly) => {
          const engine = await createEngine(
            placement.place({
              clock,
              nodes: Object.fromEntries(
                [["echo", "echo"], ["one", "one"], ["progress", "progress"], ["throws", "throws"], ["schemas", "schemas"], [
                  "opener",
                  "opener",
                ], ["asker", "caller"]].map(([name, file]) => [`/${name}`, { use: `./nodes/${file}.ts` }]),
              ),
            }),
            { base: new URL("./", import.meta.url) },
          );
          const calls: Promise<unknown>[] = [];
          const readers: Promise<unknown>[] = [];
          const timers: ReturnType<typeof setTimeout>[] = [];
          const passing = async (ms: number) => {
            if (clock === "sim") await engine.run({ until: engine.time + ms });
            else await new Promise((resolve) => setTimeout(resolve, ms / 4));
          };
          for (const { act: what, ...more } of acts) {
            if (what === "call" && "to" in more) {
              if (more.to === (clock === "sim" ? "/progress/endless" : "/echo/stuck")) continue; // no moment of simulated time would end; a close would wait its 5 s
              const controller = new AbortController();
              const abort = more.to === "/progress/endless" ? (more.abort ?? 10) : more.abort; // its progress restarts its timeout for ever
              const call = engine.call(more.to, inputs[more.to], {
                timeout: clock === "sim" ? more.timeout : Math.min(more.timeout, 100),
                retries: more.retries,
                ...(abort === undefined ? {} : { signal: controller.signal }),
              });
              calls.push(call);
              if (abort !== undefined) timers.push(setTimeout(() => controller.abort("given up"), abort / 4));
              if (more.read > 0 && more.to.startsWith("/progress")) {
                readers.push((async () => {
                  let left = more.read;
                  for await (const _ of call) if (--left === 0) break;
                })());
              }
            }
            if ("node" in more) void engine[`${what as "stop"}Node`](more.node).catch(() => {});
            if (what === "open" || what === "shut") calls.push(engine.call(`/opener/${what}`, "late"));
            for (const promise of [...calls, ...readers]) promise.catch(() => {});
            if ("ms" in more) await passing(more.ms);
          }
          if (!closeEarly) await passing(6000 * (clock === "sim" ? 1 : 0));
          const outcomes = settled([...calls, ...readers]);
          await engine.close();
          let done = false;
          void outcomes.then(() => (done = true));
          await turns(5);
          timers.forEach(clearTimeout);
          expect(done).toBe(true);
          for (const outcome of await outcomes) {
            if ("error" in outcome && outcome.error !== "given up") expect(outcome.error?.code).toMatch(/^PYROS_/);
          }
          expect(engine.world.service.filter((entry) => entry !== undefined)).toEqual([]);
          expect(engine.world.subscription.filter((entry) => entry !== undefined)).toEqual([]);
        }),
        // A stop may take its 5 s in live time; and elsewhere each run starts seven threads or processes.
        {
          numRuns: clock === "live" ? placement.runs(60, 4) : placement.runs(150, 6),
          timeout: 150_000,
          endOnFailure: true,
          interruptAfterTimeLimit: 120_000,
        },
      );
    });
  }
});
