import { expect, it } from "vitest";
import { files } from "../config/support.ts";
import { cli, pyros } from "./support.ts";

const counter = (value: string): string => `
import { defineNode, param, stream } from ${pyros};
import { isMainThread as here } from "node:worker_threads";
export default defineNode({
  rate: 10,
  params: { step: param(1) },
  streams: { count: stream() },
  state: () => ({ n: 0 }),
  update({ state, streams, params, set, random }) {
    state.n += params.step;
    if (state.n === 5) set("step", 2);
    streams.count.emit({ n: ${value}, drawn: random() });
  },
});
`;
const folder = files({
  "same.ts": counter("state.n"),
  "other.ts": counter("state.n === 7 && !here ? -7 : state.n"),
  "same.json": JSON.stringify({ nodes: { "/counter": "./same.ts" } }),
  "other.json": JSON.stringify({ nodes: { "/counter": "./other.ts" } }),
  "value.ts":
    `import { defineConfig, defineNode } from ${pyros};\nexport default defineConfig({ nodes: { "/here": defineNode({}), "/counter": "./same.ts" } });\n`,
});

it("finds a graph that does the same in every placement", { timeout: 60_000 }, async () => {
  const { code, out, err } = await cli(folder, "verify", "same.json", "--seconds", "2");
  expect(err).toBe("");
  expect(out).toMatch(/^thread: as in loop, \d+ lines in 2 s\nprocess: as in loop, \d+ lines in 2 s\n$/);
  expect(Number(/\d+(?= lines)/.exec(out)![0])).toBeGreaterThan(20);
  expect(code).toBe(0);
});

it("shows the first difference, and what was before it", { timeout: 60_000 }, async () => {
  const { code, out } = await cli(folder, "verify", "other.json", "--seconds", "2", "--placements", "loop,thread");
  expect(code).toBe(1);
  const lines = out.trimEnd().split("\n");
  expect(lines[0]).toBe("thread: not as in loop");
  expect(lines.slice(1, 4).every((line) => /^ {9}\| 0\.\d{6} s {2}/.test(line))).toBe(true);
  expect(lines[4]).toMatch(/^ {4}loop \| 0\.600000 s {2}\/counter\/count #6 of \/counter {2}\{ drawn: 0\.\d+, n: 7 \}$/);
  expect(lines[5]).toMatch(/^ {2}thread \| 0\.600000 s {2}\/counter\/count #6 of \/counter {2}\{ drawn: 0\.\d+, n: -7 \}$/);
  expect(lines.length).toBe(6);
});

it("prints what happened, and says which nodes cannot be elsewhere", { timeout: 60_000 }, async () => {
  const { code, out, err } = await cli(folder, "verify", "value.ts", "--seconds", "1", "--placements", "loop,thread", "--record");
  expect(err).toBe("warning: /here is no module of its own: it stays in the loop\n");
  expect(out).toContain("/counter/count #1 of /counter");
  expect(out).toContain("/here is running");
  expect(code).toBe(0);
});

it.each([
  [["--placements", "loop,cluster"], 'there is no placement "cluster"; there are loop, thread, process'],
  [["--seconds", "none"], '--seconds must be a number above 0, not "none"'],
])("refuses %j", async (args, message) => {
  const { code, err } = await cli(folder, "verify", "same.json", ...args);
  expect([code, err]).toEqual([2, `error: ${message}\n`]);
});
