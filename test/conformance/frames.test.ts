import { defineSystem, type EngineConfig, type Stage, type SystemDefinition, SystemError } from "pyros";
import { expect, test } from "vitest";
import { describePlacements, rejection } from "./harness.ts";
import type load from "./nodes/frame-load.ts";

const Position = {};
const Velocity = {};

/** A system that notes when it runs. */
function noting(log: string[], name: string, parts: Partial<SystemDefinition> = {}): SystemDefinition {
  return defineSystem({ ...(parts as object), name, run: () => void log.push(name) });
}

describePlacements("frames", (placement) => {
  const start = (config: EngineConfig) => placement.engine({ clock: "sim", rate: 50, ...config });
  const order = async (make: (log: string[]) => SystemDefinition[]) => {
    const log: string[] = [];
    const engine = await start({ systems: make(log) });
    await engine.step();
    await engine.close();
    return log;
  };

  test("systems run by stage, receive, update, simulate, send, and simulate where they do not say", async () => {
    const stages: Stage[] = ["send", "simulate", "update", "receive"];
    const ran = await order((
      log,
    ) => [
      ...stages.map((stage) => noting(log, `my_${stage}`, { stage })),
      noting(log, "plain"),
    ]);
    expect(ran).toEqual(["my_receive", "my_update", "my_simulate", "plain", "my_send"]);
  });

  test("in a stage they run as before and after say, else as they were added", async () => {
    expect(await order((log) => ["a", "b", "c"].map((name) => noting(log, name)))).toEqual(["a", "b", "c"]);
    expect(await order((log) => [noting(log, "a", { after: ["b"] }), noting(log, "b"), noting(log, "c", { before: ["b"] })])).toEqual([
      "c",
      "b",
      "a",
    ]);
    expect(await order((log) => [noting(log, "a", { after: ["c"] }), noting(log, "b"), noting(log, "c")])).toEqual(["b", "c", "a"]);
  });

  test("an order that nothing decides, of two that touch the same component, is reported; one that is decided is not", async () => {
    const none = () => {};
    const pairs = async (...systems: SystemDefinition[]) => {
      const engine = await start({ systems });
      const found = engine.ambiguousSystems.map(({ first, second, stage }) => `${first} ${second} ${stage}`);
      await engine.close();
      return found;
    };
    const writer = defineSystem({ name: "writer", writes: [Position], run: none });
    const other = (parts: object) => defineSystem({ name: "other", run: none, ...parts });
    expect(await pairs(writer, other({ writes: [Position] }))).toEqual(["/writer /other simulate"]);
    expect(await pairs(other({ reads: [Position] }), writer)).toEqual(["/other /writer simulate"]);
    expect(await pairs(writer, other({ query: [Position] }))).toEqual(["/writer /other simulate"]);
    for (
      const parts of [{ writes: [Velocity] }, {}, { writes: [Position], after: ["writer"] }, { writes: [Position], before: ["writer"] }, {
        writes: [Position],
        stage: "send",
      }]
    ) {
      expect(await pairs(writer, other(parts)), JSON.stringify(parts)).toEqual([]);
    }
    const middle = defineSystem({ name: "middle", after: ["writer"], before: ["other"], run: none });
    expect(await pairs(writer, middle, other({ writes: [Position] }))).toEqual([]);
  });

  const run = () => {};
  for (
    const [what, systems, message] of [
      [
        "an unknown name",
        [{ name: "mover", run }, { name: "other", after: ["movr"], run }],
        /\/other is to run after \/movr, which does not exist; did you mean \/mover\?/,
      ],
      [
        "a circle",
        [{ name: "a", before: ["b"], run }, { name: "b", before: ["c"], run }, { name: "c", before: ["a"], run }],
        /\/a, \/b, \/c is circular/,
      ],
      ["itself", [{ name: "a", after: ["a"], run }], /circular/],
      ["a wrong stage", [{ name: "a", stage: "draw", run }], /draw.*must be one of receive, update, simulate, send/],
      [
        "an order against the stages",
        [{ name: "a", stage: "send", run }, { name: "b", stage: "receive", after: ["a"], run }],
        /\/b \(stage receive\) cannot run after \/a \(stage send\)/,
      ],
      ["two of one name", [{ name: "a", run }, { name: "a", run }], /\/a/],
    ] as const
  ) {
    test(`systems with ${what} are refused, and nothing runs`, async () => {
      const setups: string[] = [];
      const made = systems.map((parts) => defineSystem({ ...(parts as { name: string }), setup: () => void setups.push(parts.name) }));
      const error = await rejection(start({ systems: made }));
      if (what !== "two of one name" && what !== "a wrong stage") expect(error).toBeInstanceOf(SystemError);
      expect(error.message).toMatch(message);
      expect(setups).toEqual([]);
    });
  }

  test("a throw in update fails that node, not the others, not the frame and not the engine", async () => {
    const use = "./nodes/frame-load.ts";
    const log: string[] = [];
    const engine = await start({
      nodes: { "/a": { use }, "/b": { use, params: { throwAt: 3 } }, "/c": { use } },
      systems: [noting(log, "system")],
    });
    await engine.step(10);
    expect(engine.nodes.filter(({ name }) => name !== "/system").map(({ status }) => status)).toEqual(["running", "failed", "running"]);
    expect((engine.nodes.find(({ name }) => name === "/b")!.error as Error).message).toBe("update 3 failed");
    for (const name of ["/a", "/c"]) expect(await engine.client<typeof load>(name).n()).toBe(10);
    expect(log.length).toBe(10);
  });
});
