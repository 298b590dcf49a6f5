import { describe, expect, it } from "vitest";
import { files } from "../config/support.ts";
import { Cli, cli, pyros } from "./support.ts";

const write = (body: string): string => `import { defineNode } from ${pyros};\nexport default defineNode({ ${body} });\n`;
const folder = files({
  "tick.yaml": "rate: 200\nlog: { nodes: { /b: debug } }\nnodes:\n  /a: ./tick.ts\n  /b: ./tick.ts\n",
  "sim.yaml": "clock: sim\nnodes:\n  /a: ./tick.ts\n",
  "tick.ts": write(
    `state: () => ({ n: 0 }), update({ state, log }) { state.n++; log.debug("debug {n}", { n: state.n }); }, dispose({ state }) { console.log("frames " + state.n); }`,
  ),
  "idle.yaml": "nodes:\n  /idle: ./idle.ts\n",
  "idle.ts": write(`setup() { console.log("up"); }, dispose() { console.log("down"); }`),
  "stuck.yaml": "nodes:\n  /stuck: ./stuck.ts\n",
  "stuck.ts": write(`setup() { console.log("up"); return 1; }, async dispose() { console.log("going"); await new Promise(() => {}); }`),
  "hang.yaml": "nodes:\n  /hang: ./hang.ts\n",
  "hang.ts": write(`setup() { console.log("setting up"); return new Promise(() => {}); }`),
  "fails.yaml": "nodes:\n  /fails: ./fails.ts\n",
  "fails.ts": write(`setup() { throw new RangeError("no model"); }`),
  "crash.yaml": "restart: never\nnodes:\n  /crash: ./crash.ts\n",
  "crash.ts": write(`update() { throw new RangeError("boom"); }`),
  "rejects.yaml": "rate: 100\nnodes:\n  /r: ./rejects.ts\n",
  "rejects.ts": write(
    `state: () => ({ n: 0 }), update({ state }) { if (++state.n === 1) void Promise.reject(new RangeError("lost")); if (state.n === 5) console.log("went on"); }`,
  ),
  "timer.yaml": "clock: sim\nnodes:\n  /t: ./timer.ts\n",
  "timer.ts": write(`setup({ sleep, log }) { void sleep(60_000).then(() => log.info("slept")); }`),
  "open.yaml": "nodes:\n  /o: ./open.ts\n",
  "open.ts": write(`setup() { setInterval(() => {}, 1000); console.log("up"); }`),
  "mortal.yaml": "restart: { delay: 1, limit: 1 }\nnodes:\n  /mortal: ./mortal.ts\n",
  "mortal.ts": write(`setup() { setTimeout(() => process.exit(9), 50); }`),
  "args.ts": `export default (args: string[]) => { console.log("args " + args.join("+")); return {}; };\n`,
});

describe("pyros run", () => {
  it("ends with 0 after so many frames, in live time", async () => {
    const { code, out } = await cli(folder, "run", "tick.yaml", "--frames", "7");
    expect(code).toBe(0);
    expect(out).toBe("frames 7\nframes 7\n");
  });

  it("ends with 0 after so many frames, in simulated time", async () => {
    const { code, out } = await cli(folder, "run", "sim.yaml", "--frames", "100000");
    expect([code, out]).toEqual([0, "frames 100000\n"]);
  });

  it("ends with 0 at a time, in simulated and in live time", async () => {
    expect(await cli(folder, "run", "sim.yaml", "--until", "1000")).toMatchObject({ code: 0, out: "frames 60\n" });
    expect(await cli(folder, "run", "idle.yaml", "--until", "50")).toMatchObject({ code: 0, out: "up\ndown\n" });
  });

  it("ends with 0 when nothing is left in simulated time", async () => {
    const { code, err } = await cli(folder, "run", "timer.yaml");
    expect(code).toBe(0);
    expect(err).toMatch(/INF \/t: slept\n/);
  });

  for (const placement of ["thread", "process"]) {
    it(`shows what a node in a ${placement} logs as in the loop`, async () => {
      const { err } = await cli(folder, "run", "tick.yaml", "--until", "300", "--placement", placement);
      expect(err).toMatch(/^\d\d:\d\d:\d\d\.\d{3} DBG \/b: debug 1\n.* DBG \/b: debug 2\n/);
      expect(err).not.toContain("/a: debug");
    });

    it(`ends with 1 when the only node, in a ${placement}, keeps dying and is given up, and says so once`, async () => {
      const { code, err } = await cli(folder, "run", "mortal.yaml", "--placement", placement);
      expect(code).toBe(1);
      expect(err.match(/ERR cli: \/mortal is given up/g)).toHaveLength(1);
      expect(err).toMatch(/the host \/mortal has ended: exited with code 9/);
    });
  }

  it("logs to stderr by level and node, and as JSON", async () => {
    const plain = await cli(folder, "run", "tick.yaml", "--frames", "2");
    expect(plain.err).toMatch(/^\d\d:\d\d:\d\d\.\d{3} DBG \/b: debug 1\n.* DBG \/b: debug 2\n$/);
    const { err } = await cli(folder, "run", "tick.yaml", "--frames", "1", "--log-level", "debug", "--json-logs");
    const lines = err.trim().split("\n").map((line) => JSON.parse(line));
    expect(lines).toMatchObject([{ level: "DEBUG", logger: ["pyros", "/a"], properties: { n: 1 } }, {
      level: "DEBUG",
      logger: ["pyros", "/b"],
      properties: { n: 1 },
    }]);
  });

  it("gives the config what follows --", async () => {
    expect(await cli(folder, "run", "args.ts", "--until", "1", "--", "--a", "b")).toMatchObject({ code: 0, out: "args --a+b\n" });
  });

  it.each(["SIGINT", "SIGTERM"] as const)("stays while the graph is idle, and closes cleanly by %s", async (signal) => {
    const run = new Cli(folder, "run", "idle.yaml");
    await run.says("up");
    run.signal(signal);
    expect(await run.exit).toBe(0);
    expect(run.out).toBe("up\ndown\n");
  });

  it("is forced by a second Ctrl-C", async () => {
    const run = new Cli(folder, "run", "stuck.yaml");
    await run.says("up");
    run.signal("SIGINT");
    await run.says("going");
    run.signal("SIGINT");
    expect(await run.exit).toBe(130);
  });

  it("closes while a node is still starting", async () => {
    const run = new Cli(folder, "run", "hang.yaml");
    await run.says("setting up");
    run.signal("SIGINT");
    expect(await run.exit).toBe(0);
  });

  it("closes while simulated time runs", async () => {
    const run = new Cli(folder, "run", "sim.yaml", "--log-level", "debug");
    await run.says("debug 10");
    run.signal("SIGINT");
    expect(await run.exit).toBe(0);
    expect(run.out).toMatch(/^frames \d+\n$/);
  });

  it("ends although a node has left something open", async () => {
    const run = new Cli(folder, "run", "open.yaml");
    await run.says("up");
    run.signal("SIGINT");
    expect(await run.exit).toBe(0);
  });

  it("ends with 1 and the cause when a node does not start", async () => {
    const { code, err } = await cli(folder, "run", "fails.yaml");
    expect(code).toBe(1);
    expect(err).toMatch(/^error: \/fails did not start: no model\nRangeError: no model\n +at .*fails\.ts/);
  });

  it("ends with 1 when no node is left that has not been given up", async () => {
    const { code, err } = await cli(folder, "run", "crash.yaml");
    expect(code).toBe(1);
    expect(err).toContain("RangeError: boom");
    expect(err).toMatch(/ERR cli: \/crash is given up\n$/);
  });

  it("logs rejections that nobody handles, and goes on", async () => {
    const run = new Cli(folder, "run", "rejects.yaml");
    await run.says("went on");
    await run.says(/ERR cli: nobody handles a rejection: RangeError: lost/); // from the other output
    run.signal("SIGINT");
    expect(await run.exit).toBe(0);
  });
});
