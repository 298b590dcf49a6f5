import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { createEngine, HostError } from "pyros";
import { findGraph } from "../../src/host/graph-file.ts";
import { rejection, until } from "../conformance/harness.ts";
import { freshName, nodesOf, started } from "./support.ts";

describe("an engine that joins a graph by its name", () => {
  it("takes part in services, params and streams, both ways, and is told of with its nodes", async () => {
    const name = freshName();
    const main = await started({ name, nodes: { "/echo": "./nodes/echo.ts" } });
    const guest = await started({ join: name, name: "desk", nodes: { "/guest": "./nodes/worker.ts" } });
    expect(nodesOf(main)).toEqual([{ name: "/echo", status: "running" }, { name: "/guest", status: "running", guest: "desk" }]);

    expect(await guest.call("/echo/say", { a: new Uint8Array(3) })).toEqual({ a: new Uint8Array(3) });
    expect(await main.call("/guest/double", 21)).toBe(42);
    expect(main.params.get("/guest/gain")).toBe(1);
    await main.params.set("/guest/gain", 3);
    expect(await main.call("/guest/double", 21)).toBe(126);
    expect((await rejection(guest.params.set("/guest/gain", 99))).code).toBe("PYROS_VALIDATION");

    const items: unknown[] = [];
    main.stream("/guest/ticks", { depth: 100 }).on((item) => void items.push(item));
    await main.flush();
    await main.call("/guest/emit", 3);
    await until(() => items.length === 3);
    expect(items).toEqual([0, 1, 2]);
  });

  it("declares params and provides services from its program, too", async () => {
    const name = freshName();
    const main = await started({ name });
    main.params.declare("/limit", 5, { min: 0 });
    const guest = await started({ join: name, params: { start: 7, limit: 3 } });
    expect([main.params.get("/start"), main.params.get("/limit")]).toEqual([7, 5]); // what is there beats the config
    guest.params.declare("/own", 1, { max: 2 });
    guest.params.declare("/limit", 5, { min: 1 }); // refused, and told in the log
    guest.provide("/hello", (who: string) => `hello ${who}`);
    await guest.params.set("/own", 2);
    expect(await main.call("/hello", "main")).toBe("hello main");
    expect((await rejection(main.params.set("/own", 3))).code).toBe("PYROS_VALIDATION");
    await guest.close();
    await until(() => main.services.length === 0);
    await main.params.set("/own", 3); // its rules have gone with it
    expect((await rejection(main.params.set("/limit", -1))).code).toBe("PYROS_VALIDATION");
  });

  it("may join without nodes, again and again, and knows the graph at once", async () => {
    const name = freshName();
    const main = await started({ name, nodes: { "/echo": "./nodes/echo.ts" } });
    for (let i = 0; i < 20; i++) {
      const guest = await started({ join: name });
      expect(await guest.call("/echo/say", i)).toBe(i);
      await guest.close();
    }
    expect([main.nodes.length, main.services.length]).toEqual([1, 3]);
  });

  it("leaves cleanly: its nodes, services and streams go, its params stay", async () => {
    const name = freshName();
    const main = await started({ name });
    const events: string[] = [];
    onTestFinished(main.watchGraph(({ type, node }) => void events.push(`${type} ${node}`)));
    const guest = await started({ join: name, nodes: { "/guest": "./nodes/worker.ts" } });
    const slow = main.call("/guest/slow", 50);
    await main.flush();
    await guest.close();
    expect(await slow).toBe("done"); // work in hand has finished
    await until(() => main.services.length === 0 && main.nodes.length === 0);
    expect((await rejection(main.call("/guest/double", 1))).code).toBe("PYROS_UNKNOWN_SERVICE");
    expect(main.streams).toEqual([]);
    expect(main.params.get("/guest/gain")).toBe(1);
    await until(() => events.at(-1) === "removed /guest");
    expect(events).toEqual(["started /guest", "stopped /guest", "removed /guest"]);
    await started({ join: name, nodes: { "/guest": "./nodes/worker.ts" } }); // the name is free again
  });

  it("is refused a name that is taken, and leaves nothing behind", async () => {
    const name = freshName();
    const main = await started({ name, nodes: { "/echo": "./nodes/echo.ts" } });
    await started({ join: name, name: "first", nodes: { "/guest": "./nodes/worker.ts" } });
    const own = await rejection(createEngine({ join: name, nodes: { "/echo": () => {}, "/other": () => {} } }));
    expect([own.code, own.message]).toEqual(["PYROS_DECLARATION", "two nodes have the name /echo; the other one is the graph's own"]);
    const second = await started({ join: name });
    const other = await rejection(second.add("/guest", () => {}));
    expect(other.message).toBe("two nodes have the name /guest; the other one is in first, which has joined the graph");
    await rejection(main.add("/guest", () => {}));
    await until(() => main.nodes.length === 2);
    await second.add("/other", () => {});
    expect(nodesOf(main).map((node) => node.name)).toEqual(["/echo", "/guest", "/other"]);
    await second.remove("/other");
    await until(() => main.nodes.length === 2);
  });

  it("stops and starts nodes as the main engine asks", async () => {
    const name = freshName();
    const main = await started({ name });
    const guest = await started({ join: name, nodes: { "/guest": "./nodes/worker.ts" } });
    await main.stopNode("/guest");
    expect(main.nodes[0]!.status).toBe("stopped");
    await main.restartNode("/guest");
    expect([main.nodes[0]!.status, guest.nodes[0]!.lives]).toEqual(["running", 2]);
    expect((await rejection(main.swapNode("/guest", {} as never))).message).toMatch(/swap it there/);
    await main.remove("/guest");
    await until(() => main.nodes.length === 0 && guest.nodes.length === 0);
  });

  it("stops a node that waits for its restart, and knows it", async () => {
    const name = freshName();
    const main = await started({ name });
    const nodes = { "/guest": { use: "../conformance/nodes/mortal.ts", restart: { delay: 60_000 } } };
    await started({ join: name, nodes });
    void main.call("/guest/fail", "throw").catch(() => {});
    await until(() => main.nodes[0]!.status === "waiting");
    await main.stopNode("/guest");
    expect(main.nodes[0]!.status).toBe("stopped");
  });

  it("links directly to other guests and to processes", async () => {
    const name = freshName();
    const main = await started({
      name,
      nodes: { "/echo": { use: "./nodes/echo.ts", placement: "process" }, "/thread": { use: "./nodes/echo.ts", placement: "thread" } },
    });
    const one = await started({ join: name, nodes: { "/one": "./nodes/worker.ts" } });
    const two = await started({ join: name, nodes: { "/two": "./nodes/worker.ts" } });
    expect(await two.call("/one/double", 2)).toBe(4);
    expect(await one.call("/two/double", 2)).toBe(4);
    expect(await one.call("/echo/say", 1)).toBe(1);
    expect(await two.call("/thread/say", 1)).toBe(1);
    expect(await main.call("/echo/ask", ["/one/double", 4])).toBe(8);
    expect(await main.call("/thread/ask", ["/two/double", 4])).toBe(8);
  });
});

describe("a graph with a name", () => {
  it("is there once", async () => {
    const name = freshName();
    const main = await started({ name });
    const error = await rejection(createEngine({ name }));
    expect(error).toBeInstanceOf(HostError);
    expect(error.message).toMatch(`a graph with the name ${name} runs already, in process ${process.pid}`);
    await main.close();
    await started({ name });
  });

  it("is found by a file that only its user can read, and that goes with it", async () => {
    const name = freshName();
    const main = await started({ name });
    const { folder } = findGraph(name);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    expect(statSync(join(folder, "graph")).mode & 0o777).toBe(0o600);
    expect(Object.keys(JSON.parse(readFileSync(join(folder, "graph"), "utf8")) as object)).toEqual([
      "pyros",
      "graph",
      "codec",
      "secret",
      "name",
      "address",
      "pid",
    ]);
    await main.close();
    expect(existsSync(folder)).toBe(false);
  });

  it("is told of by its name where it is not there", async () => {
    const name = freshName();
    await started({ name });
    expect((await rejection(createEngine({ join: `${name}x` }))).message).toBe(
      `no graph of this user on this machine has the name ${name}x; did you mean ${name}?`,
    );
  });

  it("lets nobody join in simulated time, and says why", async () => {
    const name = freshName();
    await started({ name, clock: "sim" });
    expect((await rejection(createEngine({ join: name }))).message).toMatch(/the graph runs in simulated time/);
  });
});

describe("the config of an engine that joins", () => {
  it("says nothing of what is the graph's to say", async () => {
    const error = await rejection(
      createEngine({ join: "lab", clock: "live", paramsFile: "p.yaml", nodes: { "/a": { use: "./nodes/echo.ts", placement: "thread" } } }, {
        base: new URL("./", import.meta.url),
      }),
    );
    expect(error.message.split("\n")).toEqual([
      "clock: is for the config of the graph to say, and this engine joins lab; leave it out",
      "paramsFile: is for the config of the graph to say, and this engine joins lab; leave it out",
      'nodes["/a"]: /a is placed in a thread, and an engine that joins a graph runs its nodes in its own loop',
    ]);
    expect((await rejection(createEngine({}, { join: "no/name" }))).message).toBe(
      '--join: must be the name of a graph, or an address such as tcp://10.0.0.1:7000, not "no/name"',
    );
  });
});
