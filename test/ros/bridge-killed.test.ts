import { describe, expect, it } from "vitest";
import { type Engine, NodeLostError } from "pyros";
import type talker from "./nodes/talker.ts";
import { callXml } from "../../systems/ros/xmlrpc/client.ts";
import { bridge, healthOf, masterKinds, started, startMaster, type TestMaster, until } from "./support.ts";

/** The process of a bridge, as it tells the ROS graph. */
async function pidOf(master: TestMaster, name: string): Promise<number> {
  const [, , address] = (await master.call("lookupNode", name)) as [number, string, string];
  return ((await callXml(address, "getPid", ["/test"])) as [number, string, number])[2];
}

/** What comes on a stream. */
function heard(engine: Engine, name: string): string[] {
  const texts: string[] = [];
  engine.stream<{ data: string }>(name).on(({ data }) => void texts.push(data));
  return texts;
}

/** Topics and services go, both ways. */
async function flows(near: Engine, far: Engine, [there, here]: readonly (readonly string[])[], word: string): Promise<void> {
  await until(`${word} is heard on both sides`, async () => {
    await near.client<typeof talker>("/talker").say(`${word} out`);
    await far.client<typeof talker>("/far/talker").say(`${word} in`);
    return there!.includes(`${word} out`) && here!.includes(`${word} in`);
  });
  for (const [engine, name] of [[far, "/worker/flip"], [near, "/far/worker/flip"]] as const) {
    await until(`${name} answers`, async () => {
      const answer = (await engine.call(name, { data: true }).catch(() => undefined)) as { message: string } | undefined;
      return answer?.message === "was true";
    });
  }
}

describe.each(masterKinds)("a bridge in a process of its own that is killed, by %s", (kind) => {
  it("is started again, and all flows again; the rest of its engine goes on meanwhile", async () => {
    const master = await startMaster(kind);
    const near = await started({
      rate: 50,
      nodes: {
        "/talker": "./nodes/talker.ts",
        "/worker": "./nodes/worker.ts",
        "/chatter": "./nodes/chatter.ts",
        "/ros": {
          ...bridge(master.address, "/near", {
            import: { streams: ["/far/**"], services: ["/far/**"] },
            export: { streams: ["/talker/**"], services: [{ match: "/worker/never", timeout: 60_000 }, "/worker/flip"] },
          }),
          placement: "process",
          restart: "on-failure",
        },
      },
    });
    const far = await started({
      nodes: {
        "/far/talker": "./nodes/talker.ts",
        "/far/worker": "./nodes/worker.ts",
        "/ros": bridge(master.address, "/away", {
          import: { streams: ["/talker/**"], services: ["/worker/**"] },
          export: { streams: ["/far/**"], services: [{ match: "/far/worker/never", timeout: 60_000 }, "/far/worker/flip"] },
        }),
      },
    });
    let words = 0;
    near.stream("/chatter/out").on(() => void words++);
    const texts = [heard(far, "/talker/out"), heard(near, "/far/talker/out")];
    await flows(near, far, texts, "first");
    for (const round of [1, 2]) {
      const pid = await pidOf(master, "/near");
      expect(pid).not.toBe(process.pid);
      await far.waitForService("/worker/never");
      await near.waitForService("/far/worker/never");
      const open = [far.call("/worker/never", {}, { timeout: 50_000 }), near.call("/far/worker/never", {}, { timeout: 50_000 })]
        .map((call) => Promise.resolve(call).then(() => "an answer", (error: unknown) => error));
      await until("both are at work", async () => {
        const calls = async (engine: Engine, name: string): Promise<number | undefined> =>
          (await healthOf(engine)).services.exported.find(({ service }) => service === name)?.calls;
        return (await calls(near, "/worker/never")) === 1 && (await calls(far, "/far/worker/never")) === round;
      });
      const before = words;
      process.kill(pid, "SIGKILL");
      for (const error of await Promise.all(open)) expect(error).toBeInstanceOf(NodeLostError);
      await until("what was at work is told to stop", async () => {
        const seen = await Promise.all([near.call("/worker/seen", {}), far.call("/far/worker/seen", {})]);
        return seen.every((state) => (state as { aborted: number }).aborted === round);
      });
      await until("it is started again", async () => {
        expect(await near.call("/worker/flip", { data: false })).toEqual({ success: true, message: "was false" });
        return (await pidOf(master, "/near").catch(() => pid)) !== pid;
      });
      await flows(near, far, texts, `round ${round}`);
      expect(words).toBeGreaterThan(before);
      expect(near.params.get("/ros/status/graph")).toBe("here");
    }
  });
});
