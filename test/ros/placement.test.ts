import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { type Engine, RosError } from "pyros";
import type talker from "./nodes/talker.ts";
import { bridge, healthOf, ownMaster as masterHere, ownServer, started, until } from "./support.ts";

describe.each(["master", "rosbridge server"])("a bridge to a %s", (what) => {
  const ownMaster = async (): Promise<string> => what === "master" ? await masterHere() : (await ownServer()).address;

  it.each(["loop", "thread", "process"] as const)("is in a %s what it is anywhere", async (placement) => {
    const master = await ownMaster();
    const both = { import: { streams: ["/far/**"] }, export: { streams: ["/talker/**", "/far/**"] } };
    const engine = await started({ nodes: { "/talker": "./nodes/talker.ts", "/ros": { ...bridge(master, "/near", both), placement } } });
    const far: Engine = await started({
      nodes: {
        "/far/talker": { use: "./nodes/talker.ts", placement },
        "/ros": bridge(master, "/away", { import: { streams: ["/talker/**"] }, export: { streams: ["/far/**"] } }),
      },
    });
    const [there, here]: [string[], string[]] = [[], []];
    far.stream<{ data: string }>("/talker/out").on(({ data }) => void there.push(data));
    engine.stream<{ data: string }>("/far/talker/out").on(({ data }) => void here.push(data));
    await until("both are heard", async () => {
      await engine.client<typeof talker>("/talker").say("out");
      await far.client<typeof talker>("/far/talker").say("in");
      return there.includes("out") && here.includes("in");
    });
    expect((await healthOf(engine)).exported.map(({ stream }) => stream)).toEqual(["/talker/last", "/talker/out"]); // nothing goes back
    expect(engine.params.get("/ros/status/graph")).toBe("here");
  });

  it.each(["loop", "thread", "process"] as const)("mirrors services, params and actions from a %s too", async (placement) => {
    const master = await ownMaster();
    const types = [fileURLToPath(new URL("./types", import.meta.url))];
    const lists = { services: ["/worker/flip"], params: ["/shared/**"], actions: ["/counter/count"] };
    const near = await started({
      nodes: {
        "/worker": { use: "./nodes/worker.ts", placement },
        "/counter": "./nodes/counter.ts",
        "/ros": { ...bridge(master, "/near", { types, export: lists, import: { params: ["/shared/**"] } }), placement },
      },
    });
    const far = await started({
      nodes: { "/ros": { ...bridge(master, "/away", { types, import: lists, export: { params: ["/shared/**"] } }), placement } },
    });
    await far.waitForService("/worker/flip", { timeout: 20_000 });
    expect(await far.call("/worker/flip", { data: true })).toEqual({ success: false, message: "was true" });
    await expect(far.call("/worker/flip", { data: 1 })).rejects.toThrow(RosError);
    await far.waitForService("/counter/count", { timeout: 20_000 });
    const seen: unknown[] = [];
    const goal = far.call("/counter/count", { goal: 3 });
    for await (const item of goal) seen.push(item);
    expect([...seen, await goal]).toEqual([{ feedback: 1 }, { feedback: 2 }, { feedback: 3 }, { result: 3 }]);
    await near.params.set("/shared/a", 1);
    await until("it is there", () => far.params.get("/shared/a") === 1);
    await far.params.set("/shared/a", 2);
    await until("it is here", () => near.params.get("/shared/a") === 2);
  });

  it("that is malformed does not start, and the error names the entry", async () => {
    const master = await ownMaster();
    const start = (params: Record<string, unknown>): Promise<Engine> => started({ nodes: { "/ros": bridge(master, "/near", params) } });
    await expect(start({ import: { streams: ["/a", "/cam.*"] } })).rejects.toThrow(/import\.streams\[1\]: "\/cam\.\*" is no glob/);
    await expect(start({ imports: { streams: [] } })).rejects.toThrow(/no param "imports"; did you mean "import"/);
    await expect(start({ name: "pyros" })).rejects.toThrow(/does not begin with \//);
  });
});
