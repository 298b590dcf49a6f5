/** Swapping nodes in a running graph, wherever they run. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { createEngine, DeclarationError, defineNode, type Engine, type EngineConfig, NodeStartError, type Placement } from "pyros";
import { rejection } from "../conformance/harness.ts";

const pyros = JSON.stringify(new URL("../../src/mod.ts", import.meta.url).href);

/** The text of the module of a node that counts in steps. */
const counter = (step: number, more = ""): string =>
  `import { defineNode } from ${pyros};\nexport default defineNode({ ${more}\n  state: () => ({ n: 0 }),\n  services: { count: (_: undefined, { state }) => (state.n += ${step}) },\n});\n`;

interface Fixture {
  readonly engine: Engine;
  readonly count: () => Promise<number>;
  /** What the module says from now on. */
  readonly write: (text: string) => void;
}

async function fixture(placement: Placement): Promise<Fixture> {
  const folder = mkdtempSync(join(tmpdir(), "pyros-swap-"));
  const write = (text: string): void => writeFileSync(join(folder, "counter.ts"), text);
  write(counter(1));
  const config: EngineConfig = { placement, nodes: { "/counter": "./counter.ts" } };
  const engine = await createEngine(config, { base: pathToFileURL(`${folder}/`) });
  onTestFinished(async () => {
    await engine.close();
    rmSync(folder, { recursive: true });
  });
  return { engine, count: () => engine.call("/counter/count"), write };
}

const given = defineNode({ state: () => ({ n: 0 }), services: { count: (_: undefined, { state }) => (state.n += 100) } });

test.each<Placement>(["loop", "thread", "process"])(
  "a node in the %s goes on with what its module says now, and its state",
  async (placement) => {
    const { engine, count, write } = await fixture(placement);
    expect([await count(), await count()]).toEqual([1, 2]);
    write(counter(10));
    await engine.swapNode("/counter");
    expect(await count()).toBe(12);
    write(counter(10, `setup() { throw new Error("no room"); },`));
    expect(await rejection(engine.swapNode("/counter"))).toBeInstanceOf(NodeStartError);
    expect(await count()).toBe(22);
    write(counter(1));
    await engine.move("/counter", placement === "thread" ? "process" : "thread");
    expect(await count()).toBe(23); // elsewhere it is made of what the module says there
  },
);

test.each<Placement>(["thread", "process"])("a definition is refused for a node in a %s, which goes on", async (placement) => {
  const { engine, count } = await fixture(placement);
  const error = await rejection(engine.swapNode("/counter", given));
  expect(error).toBeInstanceOf(DeclarationError);
  expect(error.message).toBe(
    `/counter runs in a ${placement}, where a definition cannot travel; give none, and its module is loaded anew`,
  );
  expect(await count()).toBe(1);
});

test("a node in the loop that was given a definition has no module any more: it can neither move nor be loaded anew", async () => {
  const { engine, count } = await fixture("loop");
  await engine.swapNode("/counter", given);
  expect(await count()).toBe(100);
  expect((await rejection(engine.move("/counter", "thread"))).message).toMatch(/given as a value/);
  const error = await rejection(engine.swapNode("/counter"));
  expect(error).toBeInstanceOf(DeclarationError);
  expect(error.message).toBe("/counter is given as a value: it has no module to load anew, so give its definition");
  expect(await count()).toBe(200);
});
