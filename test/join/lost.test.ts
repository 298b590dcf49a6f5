import { describe, expect, it } from "vitest";
import { rejection, until, watched } from "../conformance/harness.ts";
import { elsewhere, freshName, nodesOf, started } from "./support.ts";

describe("an engine that has joined and is killed", () => {
  it("is noticed at once: its calls settle, its nodes, services and streams go, its params stay, and its names are free", async () => {
    const name = freshName();
    const main = await started({ name });
    const events: string[] = [];
    main.watchGraph(({ type, node, error }) => void events.push(`${type} ${node}${error === undefined ? "" : " by an error"}`));
    const guest = await elsewhere({ join: name, name: "desk", nodes: { "/guest": "./nodes/worker.ts" } });
    expect(nodesOf(main)).toEqual([{ name: "/guest", status: "running", guest: "desk" }]);
    const call = main.call("/guest/hang", undefined, { timeout: Infinity });
    await main.call("/guest/double", 1);
    process.kill(guest.pid, "SIGKILL");
    const error = await rejection(call);
    expect([error.code, error.message]).toEqual([
      "PYROS_NODE_LOST",
      expect.stringMatching(/^\/guest was lost while \/guest\/hang was called: desk was lost: /),
    ]);
    await until(() => main.nodes.length === 0);
    expect([main.services, main.streams, main.params.get("/guest/gain")]).toEqual([[], [], 1]);
    await until(() => events.at(-1) === "removed /guest");
    expect(events).toEqual(["started /guest", "failed /guest by an error", "removed /guest"]);
    await main.add("/guest", () => {});
  });

  it("is cut off when it hangs", async () => {
    const name = freshName();
    const main = await started({ name, heartbeat: 200 });
    const guest = await elsewhere({ join: name, name: "desk", nodes: { "/guest": "./nodes/worker.ts" } });
    const call = main.call("/guest/hang", undefined, { timeout: Infinity });
    process.kill(guest.pid, "SIGSTOP");
    expect((await rejection(call)).message).toMatch("desk was lost: it did not answer for 1 s");
    expect(main.nodes).toEqual([]);
  });
});

describe("an engine that loses the graph that it has joined", () => {
  it("goes on, refuses writes of params, settles its calls, and joins again when the graph is there again", async () => {
    const name = freshName();
    const first = await elsewhere({ name, nodes: { "/echo": "./nodes/echo.ts" } });
    const guest = await started({ join: name, nodes: { "/guest": "./nodes/worker.ts" } });
    await guest.params.set("/guest/gain", 3);
    await guest.params.set("/extra", 1);
    const call = guest.call("/echo/hang", undefined, { timeout: Infinity });
    await guest.call("/echo/say", 1);
    process.kill(first.pid, "SIGKILL");
    expect((await rejection(call)).code).toBe("PYROS_NODE_LOST");
    const error = await rejection(guest.params.set("/guest/gain", 4));
    expect([error.code, error.message]).toEqual([
      "PYROS_STATE",
      expect.stringMatching(new RegExp(`^the graph ${name} is gone.*: no param can be written until it is joined again$`)),
    ]);
    expect(await guest.call("/guest/double", 1)).toBe(6); // what is here goes on
    await guest.restartNode("/guest");
    expect(await guest.call("/guest/double", 1)).toBe(6);

    await until(() => first.signalCode !== null);
    const second = await started({ name, nodes: { "/echo": "./nodes/echo.ts" } });
    await second.waitForService("/guest/double", { timeout: 10_000 });
    expect(await second.call("/guest/double", 1)).toBe(2); // a new graph has new params
    expect(nodesOf(second).map((node) => [node.name, node.status])).toEqual([["/echo", "running"], ["/guest", "running"]]);
    await guest.params.set("/guest/gain", 5);
    expect([second.params.get("/guest/gain"), guest.params.has("/extra")]).toEqual([5, false]);
    expect(await guest.call("/echo/say", 1)).toBe(1);
    const items: unknown[] = [];
    second.stream("/guest/ticks", { depth: 100 }).on((item) => void items.push(item));
    await second.flush();
    await guest.call("/guest/emit", 2);
    await until(() => items.length === 2);
  });

  it("stops a node whose name another one has got meanwhile", async () => {
    const name = freshName();
    const first = await started({ name });
    const guest = await started({ join: name, nodes: { "/guest": "./nodes/worker.ts", "/other": "./nodes/echo.ts" } });
    await first.close();
    const second = await started({ name, nodes: { "/guest": "./nodes/echo.ts" } });
    await second.waitForService("/other/say", { timeout: 10_000 });
    await until(() => guest.nodes.find((node) => node.name === "/guest")!.status === "stopped");
    expect(await second.call("/guest/say", 1)).toBe(1);
    expect(nodesOf(second).map((node) => [node.name, node.guest === undefined])).toEqual([["/guest", true], ["/other", false]]);
  });

  it("can be closed while it waits", async () => {
    const name = freshName();
    const main = await started({ name });
    const guest = await started({ join: name });
    await main.close();
    await until(() => rejection(guest.params.set("/a", 1)).then(({ message }) => /is gone/.test(message)));
    const closed = watched(guest.close());
    await until(() => closed.outcome !== undefined, 2000);
  });
});
