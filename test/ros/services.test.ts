import { describe, expect, it } from "vitest";
import { type Engine, NodeLostError, ServiceError, ServiceTimeoutError, UnknownServiceError } from "pyros";
import type { ServiceHealth } from "pyros/ros";
import workerNode from "./nodes/worker.ts";
import type worker from "./nodes/worker.ts";
import { elsewhere } from "./elsewhere.ts";
import { bridge, graphKinds, healthOf, started, startGraph, unless, until } from "./support.ts";

function working(master: string, services: unknown[] = ["/worker/*", "!/worker/seen"], name = "/working"): Promise<Engine> {
  return started({ nodes: { "/worker": "./nodes/worker.ts", "/ros": bridge(master, name, { export: { services } }) } });
}

function calling(master: string, services: unknown[] = ["/worker/*"], name = "/calling"): Promise<Engine> {
  return started({ nodes: { "/ros": bridge(master, name, { import: { services } }) } });
}

const has = (engine: Engine, name: string): boolean => engine.services.some((service) => service.name === name);

async function health(engine: Engine, direction: "imported" | "exported", service: string): Promise<ServiceHealth | undefined> {
  return (await healthOf(engine)).services[direction].find((one) => one.service === service);
}

describe.each(graphKinds)("services, by %s", (kind) => {
  const isRosbridge = kind === "rosbridge";

  it("are services on the other side, and answer, many at a time", async () => {
    const master = await startGraph(kind);
    const [from, to] = [await working(master.address), await calling(master.address)];
    await until("they are there", () => has(to, "/worker/flip") && has(to, "/worker/slow"));
    expect(await to.call("/worker/flip", { data: true })).toEqual({ success: false, message: "was true" });
    const answers = await Promise.all(Array.from({ length: 200 }, (_, i) => to.call("/worker/flip", { data: i % 2 === 0 })));
    expect(answers).toEqual(Array.from({ length: 200 }, (_, i) => ({ success: i % 2 === 1, message: `was ${String(i % 2 === 0)}` })));
    await Promise.all(Array.from({ length: 20 }, () => to.call("/worker/slow", {})));
    expect((await from.client<typeof worker>("/worker").seen({})).most).toBeGreaterThan(5);
    expect(await health(to, "imported", "/worker/flip")).toMatchObject({
      type: "std_srvs/SetBool",
      providers: [master.node("/working")],
      active: true,
      calls: 201,
      failed: 0,
      problem: "",
    });
    expect(await health(from, "exported", "/worker/flip")).toMatchObject({ providers: ["/worker"], calls: 201, failed: 0, problem: "" });
  });

  unless(isRosbridge)("tell what went wrong, whatever it is", async () => {
    const master = await startGraph(kind);
    const rules = [{ match: "/worker/never", timeout: 300 }, "/worker/*", "!/worker/seen"];
    const [from, to] = [await working(master.address, rules), await calling(master.address)];
    await until("they are there", () => ["throws", "rejects", "never", "wrong"].every((name) => has(to, `/worker/${name}`)));
    const caught = async (name: string, input: unknown = {}): Promise<Error> => to.call(name, input).then(() => undefined, (e) => e);
    const thrown = await caught("/worker/throws");
    expect(thrown).toBeInstanceOf(ServiceError);
    expect(thrown).toMatchObject({ remote: { message: "the arm is stuck" }, provider: "/working" });
    expect(await caught("/worker/rejects")).toMatchObject({ remote: { message: "the arm is süß" } });
    expect((await caught("/worker/wrong")).message).toContain("std_srvs/TriggerResponse.success must be true or false, not 5");
    expect((await caught("/worker/never")).message).toContain("did not answer within 300 ms");
    expect((await caught("/worker/flip", { data: 7 })).message).toContain("std_srvs/SetBoolRequest.data must be true or false, not 7");
    expect((await caught("/worker/flip", { date: true })).message).toContain("did you mean data?");
    await until("the handler was told", async () => (await from.client<typeof worker>("/worker").seen({})).aborted === 1);
    expect(await to.call("/worker/flip", { data: false })).toMatchObject({ success: true });
  });

  unless(isRosbridge)("calls settle when the caller's time is over, and the provider hears of it", async () => {
    const master = await startGraph(kind);
    const [from, to] = [await working(master.address), await calling(master.address)];
    await until("they are there", () => has(to, "/worker/never") && has(to, "/worker/slow"));
    const enough = new AbortController();
    const call = to.call("/worker/never", {}, { timeout: Infinity, signal: enough.signal });
    await until("the call is there", async () => (await health(from, "exported", "/worker/never"))!.calls === 1);
    enough.abort(new Error("enough"));
    await expect(call).rejects.toThrow("enough");
    await expect(to.call("/worker/never", {}, { timeout: 100 })).rejects.toThrow(ServiceTimeoutError);
    await until("the handler was told", async () => (await from.client<typeof worker>("/worker").seen({})).aborted >= 1);
    expect(await to.call("/worker/slow", {})).toMatchObject({ success: true });
  });

  it("calls settle when the provider is killed, and it is found again when it comes back", async () => {
    const master = await startGraph(kind);
    const to = await calling(master.address);
    const params = { export: { services: ["/worker/never", "/worker/flip"] } };
    const config = { nodes: { "/worker": "./nodes/worker.ts", "/ros": bridge(master.address, "/working", params) } };
    const first = await elsewhere(config);
    await until("they are there", () => has(to, "/worker/never") && has(to, "/worker/flip"));
    await to.call("/worker/flip", { data: true });
    const call = to.call("/worker/never", {}, { timeout: Infinity });
    const settled = call.then(() => undefined, (error: Error) => error);
    await until("the call is there", async () => (await health(to, "imported", "/worker/flip"))!.calls === 1);
    await first.kill();
    expect(await settled).toBeInstanceOf(isRosbridge ? ServiceError : NodeLostError); // a server says it by a text
    await expect(to.call("/worker/flip", { data: true })).rejects.toThrow(/cannot be reached|nobody provides/);
    await until("both have gone", () => !has(to, "/worker/never") && !has(to, "/worker/flip"));
    await elsewhere(config);
    await until("they are there again", () => has(to, "/worker/flip"));
    expect(await to.call("/worker/flip", { data: true })).toMatchObject({ success: false });
  });

  it("come and go, also by what is exposed", async () => {
    const master = await startGraph(kind);
    const [from, to] = [await working(master.address, []), await calling(master.address)];
    await from.call("/ros/expose", { export: { services: ["/worker/flip"] } });
    await until("it is there", () => has(to, "/worker/flip"));
    await from.remove("/worker");
    await until("it has gone", () => !has(to, "/worker/flip"));
    await expect(to.call("/worker/flip", { data: true })).rejects.toThrow(UnknownServiceError);
    await from.add("/worker", workerNode);
    await until("it is there", () => has(to, "/worker/flip"));
    await to.call("/ros/withhold", { import: { services: ["/worker/*"] } });
    await until("it has gone", () => !has(to, "/worker/flip"));
    await expect(to.call("/ros/expose", { import: { services: [{ match: "/x", depth: 5 }] } })).rejects.toThrow(
      /import\.services\[0\]: there is no key "depth" here/,
    );
    await to.call("/ros/expose", { import: { services: [{ match: "/worker/flip", as: "/mine" }] } });
    await until("it is there", () => has(to, "/mine"));
    expect(await to.call("/mine", { data: true })).toMatchObject({ success: false });
    await from.close();
    await until("it has gone", () => !has(to, "/mine"));
  });

  it("do not come back, also with two bridges", async () => {
    const master = await startGraph(kind);
    const both = { import: { services: ["/worker/*"] }, export: { services: ["/worker/*", "!/worker/seen"] } };
    const engine = await started({
      nodes: {
        "/worker": "./nodes/worker.ts",
        "/ros": bridge(master.address, "/one", both),
        "/ros2": { ...bridge(master.address, "/two", both), placement: "thread" },
      },
    });
    const to = await calling(master.address);
    await until("it is there", () => has(to, "/worker/flip"));
    await until("one has seen the other", async () => {
      const all = [...(await healthOf(engine)).services.exported, ...(await healthOf(engine, "/ros2")).services.exported];
      return all.filter(({ problem }) => /^\/(one|two|ros|ros2) provides .* already$/.test(problem)).length === 6;
    });
    expect(engine.services.filter(({ name }) => name === "/worker/flip").map(({ owner }) => owner)).toEqual(["/worker"]);
    // What comes from ROS is not led back there by the other bridge.
    const other = await working(master.address, [{ match: "/worker/flip", as: "/far/flip" }], "/other");
    for (const name of ["/ros", "/ros2"]) {
      await engine.call(`${name}/expose`, { import: { services: ["/far/*"] }, export: { services: ["/far/*"] } });
    }
    await until("it is there twice", () => engine.services.filter(({ name }) => name === "/far/flip").length === 2);
    expect(await engine.call("/far/flip", { data: true })).toMatchObject({ success: false });
    for (const name of ["/ros", "/ros2"]) expect(await health(engine, "exported", "/far/flip"), name).toBeUndefined();
    await other.close();
    await until("it has gone", () => !has(engine, "/far/flip"));
  });

  it("that are withheld, on either side, still answer the calls that are out", async () => {
    const master = await startGraph(kind);
    const [from, to] = [await working(master.address), await calling(master.address)];
    for (const [engine, direction] of [[to, "import"], [from, "export"]] as const) {
      await until("it is there", () => has(to, "/worker/slow"));
      const call = to.call("/worker/slow", {});
      await until("it works", async () => (await from.call<{ working: number }>("/worker/seen", {})).working === 1);
      const lists = { [direction]: { services: ["/worker/*"] } };
      await engine.call("/ros/withhold", lists);
      await until("it has gone", () => !has(to, "/worker/slow"));
      expect(await call).toEqual({ success: true, message: "slowly" });
      await engine.call("/ros/expose", lists);
    }
  });

  it("survive a master that goes and comes back with an empty memory", async () => {
    const master = await startGraph(kind);
    const [, to] = [await working(master.address), await calling(master.address)];
    const both = (): boolean => has(to, "/worker/flip") && has(to, "/worker/slow");
    await until("they are there", both);
    await to.call("/worker/flip", { data: true });
    await master.kill();
    await until("it is away", async () => (await healthOf(to)).graph === "away");
    if (isRosbridge) await expect(to.call("/worker/flip", { data: true })).rejects.toThrow(NodeLostError);
    else expect(await to.call("/worker/flip", { data: true })).toMatchObject({ success: false });
    expect(both()).toBe(true);
    await master.start();
    await until("it is here", async () => (await healthOf(to)).graph === "here");
    await until("it is there", () => has(to, "/worker/flip"));
    expect(await to.call("/worker/flip", { data: true })).toMatchObject({ success: false });
  });
});
