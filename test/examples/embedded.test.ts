import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { testNode } from "pyros/test";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type App, start } from "../../examples/embedded/app.ts";
import room from "../../examples/embedded/room.ts";

describe("room", () => {
  test("gets warm, and cold when the window is open", async () => {
    await using node = await testNode(room, { params: { target: 25 } });
    await node.run({ seconds: 10 });
    expect(node.state.temperature).toBeCloseTo(25, 1);
    await node.call.open({ seconds: 3 });
    await node.run({ seconds: 2 });
    expect(node.state.temperature).toBeLessThan(10);
    await node.run({ seconds: 10 });
    expect(node.emitted.temperature.at(-1)).toBeCloseTo(25, 1);
  });

  test("warm() answers when the room is warm", async () => {
    await using node = await testNode(room, { state: { temperature: 10 } });
    expect(await node.until(node.call.warm())).toBeCloseTo(19.5, 0);
    expect(node.time).toBeGreaterThan(2000);
  });
});

describe("app", () => {
  let app: App;
  beforeAll(async () => {
    app = await start(0);
  });
  afterAll(() => app.close());

  const ask = async (method: string, path: string, body?: string) => {
    const response = await fetch(app.url + path, { method, body });
    return { status: response.status, body: await response.json() };
  };

  test("has a route of its own", async () => {
    expect((await ask("GET", "/")).status).toBe(200);
    expect(await ask("DELETE", "/x")).toMatchObject({ status: 404, body: { error: { code: "NO_ROUTE" } } });
  });

  test("health tells of the nodes", async () => {
    expect(await ask("GET", "/health")).toEqual({ status: 200, body: { nodes: [{ name: "/room", status: "running" }] } });
    await app.engine.stopNode("/room");
    expect(await ask("GET", "/health")).toEqual({ status: 503, body: { nodes: [{ name: "/room", status: "stopped" }] } });
    await app.engine.startNode("/room");
  });

  test("params are read and set; a bad value is a 400 with the engine's message", async () => {
    expect(await ask("GET", "/params/room")).toEqual({ status: 200, body: { target: 20 } });
    expect(await ask("PUT", "/params/room/target", "25")).toEqual({ status: 200, body: { revision: app.engine.params.revision } });
    expect(await ask("GET", "/params/room/target")).toEqual({ status: 200, body: 25 });
    for (const [value, text] of [["99", "30"], ['"warm"', "number"]] as const) {
      const { status, body } = await ask("PUT", "/params/room/target", value);
      expect([status, body.error.code]).toEqual([400, "PYROS_VALIDATION"]);
      expect(body.error.message).toContain("/room/target");
      expect(body.error.message).toContain(text);
    }
    expect(app.engine.params.get("/room/target")).toBe(25);
    expect(await ask("GET", "/params/room/targets")).toMatchObject({ status: 404 });
    expect(await ask("PUT", "/params/room/no%20name", "1")).toMatchObject({ status: 400, body: { error: { code: "PYROS_NAME" } } });
    expect(await ask("PUT", "/params/room/target", "{")).toMatchObject({
      status: 400,
      body: { error: { message: expect.stringContaining("no JSON") } },
    });
    expect(await ask("PUT", "/params/%ff", "1")).toMatchObject({ status: 400 });
    expect(await ask("PUT", "/params/room/target", "1".repeat(2_000_000))).toMatchObject({
      status: 400,
      body: { error: { message: expect.stringContaining("1000000") } },
    });
  });

  test("services are called; a bad input is a 400 with the engine's message", async () => {
    const { status, body } = await ask("POST", "/services/room/open", '{"seconds":1}');
    expect([status, new Date(body.until).getTime()]).toEqual([200, expect.any(Number)]);
    const bad = await ask("POST", "/services/room/open", '{"seconds":0}');
    expect(bad).toMatchObject({ status: 400, body: { error: { code: "PYROS_VALIDATION", message: expect.stringContaining("seconds") } } });
    const unknown = await ask("POST", "/services/room/opn");
    expect(unknown).toEqual({
      status: 404,
      body: { error: { code: "PYROS_UNKNOWN_SERVICE", message: "nobody provides /room/opn; did you mean /room/open?" } },
    });
    app.engine.provide("/broken", () => {
      throw new RangeError("no");
    });
    expect(await ask("POST", "/services/broken")).toMatchObject({ status: 500, body: { error: { code: "PYROS_SERVICE" } } });
  });

  test("a client that goes away ends its call", async () => {
    const arrived = hang(app);
    const client = new AbortController();
    const request = fetch(`${app.url}/services/hang`, { method: "POST", signal: client.signal }).catch((error: Error) => error.name);
    const signal = await arrived;
    client.abort();
    if (!signal.aborted) await once(signal, "abort");
    expect(signal.reason).toMatchObject({ message: "the client has gone" });
    expect(await request).toBe("AbortError");
  });

  test("a stream comes as server-sent events, and a client that goes away leaves it", async () => {
    expect(await ask("GET", "/streams/room/humidity")).toMatchObject({ status: 404 });
    const client = new AbortController();
    const response = await fetch(`${app.url}/streams/room/temperature`, { signal: client.signal });
    expect(response.headers.get("content-type")).toBe("text/event-stream");
    let text = "";
    const decoder = new TextDecoder();
    for await (const chunk of response.body!) {
      text += decoder.decode(chunk, { stream: true });
      if (text.split("\n\n").length > 3) break;
    }
    const items = text.split("\n\n").slice(0, 3).map((event) => Number(/^data: (.*)$/m.exec(event)![1]));
    expect(items.every((item) => item > 0 && item < 30)).toBe(true);
    expect(text).toMatch(/^id: \d+$/m);
    client.abort();
    await expect.poll(() => subscribers(app)).toBe(0);
    app.engine.publisher("/quiet");
    const quiet = new AbortController();
    await fetch(`${app.url}/streams/quiet`, { signal: quiet.signal });
    expect(subscribers(app)).toBe(1);
    quiet.abort();
    await expect.poll(() => subscribers(app)).toBe(0);
  });
});

/** Provides a service that never answers; resolves to the signal of its first call. */
const hang = ({ engine }: App) =>
  new Promise<AbortSignal>((arrived) => {
    engine.provide("/hang", (_, { signal }) => {
      arrived(signal);
      return new Promise(() => {});
    });
  });

const subscribers = ({ engine }: App) => engine.world.subscription.filter((entry) => entry !== undefined).length;

test("close() ends open streams and calls, and frees the port", async () => {
  const app = await start(0);
  const events = (await fetch(`${app.url}/streams/room/temperature`)).body!.getReader();
  expect(new TextDecoder().decode((await events.read()).value)).toContain("data: ");
  const arrived = hang(app);
  const call = fetch(`${app.url}/services/hang`, { method: "POST" }).then((response) => response.status);
  await arrived;
  const before = process.listeners("SIGINT").length;
  await app.close();
  expect(process.listeners("SIGINT").length).toBe(before);
  while (!(await events.read()).done);
  expect(await call).toBe(503);
  expect(app.server.listening).toBe(false);
  await expect(fetch(app.url)).rejects.toBeInstanceOf(TypeError);
});

test("a port that is taken fails the start, and leaves no engine behind", async () => {
  const other = createServer().listen(0, "127.0.0.1");
  await once(other, "listening");
  await expect(start((other.address() as AddressInfo).port)).rejects.toThrow("EADDRINUSE");
  await new Promise((resolve) => other.close(resolve));
});

test("the program closes on SIGTERM", async () => {
  const program = fileURLToPath(new URL("../../examples/embedded/server.ts", import.meta.url));
  const runtime = "Deno" in globalThis ? ["run", "-A"] : ["--import", "tsx"];
  const child = spawn(process.execPath, [...runtime, program], {
    env: { ...process.env, PORT: "0" },
    stdio: ["ignore", "pipe", "inherit"],
  });
  let output = "";
  const exit = once(child, "exit");
  for await (const chunk of child.stdout.setEncoding("utf8")) {
    const listened = output.includes("listening");
    output += chunk;
    if (!listened && output.includes("listening")) {
      const [url] = /http:\S+/.exec(output)!;
      expect((await fetch(`${url}/health`, { headers: { connection: "close" } })).status).toBe(200);
      process.kill(child.pid!, "SIGTERM"); // Deno takes `child.kill` for the end of it
    }
  }
  expect(await exit).toEqual([0, null]);
  expect(output).toMatch(/^listening on http:\/\/127\.0\.0\.1:\d+\nclosed\n$/);
});
