import { expect, onTestFinished, test } from "vitest";
import { type ContextOf, createEngine, defineNode, defineSystem, param, stream } from "../../src/mod.ts";

// What these tests show is shown by the type checker: no parameter below is annotated, and none may be `any`.

test("defineNode() and defineSystem() infer their handlers' contexts inside a config, in any order of the parts", async () => {
  const engine = await createEngine({
    clock: "sim",
    nodes: {
      "/node": {
        use: defineNode({
          params: { gain: param(2, { min: 0 }) },
          state: () => ({ n: 0 }),
          update: ({ state, params }) => void (state.n += params.gain),
          services: { n: (_: void, { state }) => state.n.toFixed(1) },
        }),
      },
    },
    systems: [
      defineSystem({
        name: "system",
        state: () => ({ n: 0 }),
        run: ({ state }) => void state.n++,
        services: { n: (_: void, { state }) => state.n.toFixed(1) },
      }),
    ],
  });
  onTestFinished(() => engine.close());
  await engine.step(3);
  expect(await engine.call("/node/n")).toBe("6.0");
  expect(await engine.call("/system/n")).toBe("3.0");
});

test("param() with oneOf has the type of the values that are allowed", () => {
  const node = defineNode({
    params: { mode: param("slow", { oneOf: ["slow", "fast"] }) },
    services: { next: (_: void, { params }) => ({ slow: "fast", fast: "slow" })[params.mode] },
  });
  expect(Object.keys(node.services!)).toEqual(["next"]);
});

test("ContextOf types a function that stands outside the definition", () => {
  const node = defineNode({ streams: { out: stream<number>() }, state: () => ({ n: 1 }), update: (context) => tell(context) });
  function tell({ state, streams }: ContextOf<typeof node>): void {
    streams.out.emit(state.n);
    // @ts-expect-error the stream carries numbers
    if (state.n === 0) streams.out.emit("text");
  }
  const sent: unknown[] = [];
  tell({ state: { n: 5 }, streams: { out: { emit: (value: unknown) => sent.push(value) } } } as never);
  expect(sent).toEqual([5]);
});
