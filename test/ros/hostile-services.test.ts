import { createServer, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it, onTestFinished } from "vitest";
import { type Engine, NodeLostError, RosError, ServiceError, ServiceTimeoutError } from "pyros";
import type { ServiceHealth } from "pyros/ros";
import { Library } from "../../systems/ros/message/library.ts";
import { Output } from "../../systems/ros/message/output.ts";
import { readHeader, writeHeader } from "../../systems/ros/ros1/header.ts";
import { callXml } from "../../systems/ros/xmlrpc/client.ts";
import { bytesOf, mutate, mutations, randomOf } from "./hostile.ts";
import { bridge, healthOf, ownMaster, rawSocket, started, until } from "./support.ts";

const setBool = new Library({ installed: [] }).service("std_srvs/SetBool");

interface Working {
  readonly engine: Engine;
  readonly port: number;
}

async function working(): Promise<Working> {
  const master = await ownMaster();
  const engine = await started({
    nodes: {
      "/worker": "./nodes/worker.ts",
      "/ros": bridge(master, "/working", { export: { services: ["/worker/*", "!/worker/seen"] } }),
    },
  });
  let port = 0;
  await until("it is registered", async () => {
    const [status, , address] = (await callXml(master, "lookupService", ["/test", "/worker/flip"])) as [number, string, string];
    if (status === 1) port = Number(new URL(address.replace("rosrpc", "http")).port);
    return port !== 0;
  });
  return { engine, port };
}

function greet(fields: Record<string, string> = {}): Uint8Array {
  return writeHeader({ callerid: "/raw", service: "/worker/flip", md5sum: setBool.md5, persistent: "1", ...fields });
}

const request = (data: boolean): Uint8Array => setBool.request.write(new Output(), { data }).slice();

/** The answers behind the header that a provider has sent. */
function answersIn(bytes: Uint8Array): { readonly ok: boolean; readonly body: Uint8Array }[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const found = [];
  for (let at = 4 + view.getUint32(0, true); at < bytes.length;) {
    const length = view.getUint32(at + 1, true);
    found.push({ ok: bytes[at] === 1, body: bytes.slice(at + 5, at + 5 + length) });
    at += 5 + length;
  }
  return found;
}

/** Whether the bridge still answers who behaves. */
async function answers({ port }: Working): Promise<void> {
  const socket = await rawSocket(port);
  socket.write(greet({ persistent: "0" }));
  socket.write(request(false));
  const [answer] = answersIn(await bytesOf(socket, Infinity));
  expect(setBool.response.read(answer!.body)).toEqual({ success: true, message: "was false" });
}

describe("a bridge with hostile callers", () => {
  it("refuses what does not fit, with the reason", async () => {
    const { port } = await working();
    for (
      const [header, why] of [
        [greet({ md5sum: "0".repeat(32) }), `the MD5 of std_srvs/SetBool is ${setBool.md5}, not 0000`],
        [greet({ service: "/other" }), "/working does not provide /other"],
        [writeHeader({ callerid: "/raw", service: "/worker/flip" }), "the header has no md5sum"],
      ] as const
    ) {
      const socket = await rawSocket(port);
      socket.write(header);
      expect(readHeader((await bytesOf(socket, Infinity)).slice(4)).get("error")).toContain(why);
    }
  });

  it("answers in order what comes at once, and ends the connection at a request that is none", async () => {
    const all = await working();
    const socket = await rawSocket(all.port);
    socket.write(greet());
    for (let i = 0; i < 50; i++) socket.write(request(i % 2 === 0));
    socket.write(new Uint8Array([0, 0, 0, 0])); // too short
    socket.write(request(true));
    const found = answersIn(await bytesOf(socket, Infinity));
    expect(found.map(({ ok }) => ok)).toEqual([...new Array<boolean>(50).fill(true), false]);
    expect(found.slice(0, 50).map(({ body }) => (setBool.response.read(body) as { success: boolean }).success)).toEqual(
      Array.from({ length: 50 }, (_, i) => i % 2 === 1),
    );
    expect(new TextDecoder().decode(found[50]!.body)).toContain("0 bytes are no std_srvs/SetBoolRequest");
    await answers(all);
  });

  it("does not let requests pile up, and takes none that is too large", async () => {
    const all = await working();
    const many = await rawSocket(all.port);
    many.write(greet({ service: "/worker/never", md5sum: "*" }));
    many.write(Buffer.alloc(4 * 2000)); // 2,000 empty requests
    await bytesOf(many, Infinity);
    const large = await rawSocket(all.port);
    large.write(greet());
    large.write(new Uint8Array([255, 255, 255, 127]));
    await bytesOf(large, Infinity);
    await answers(all);
  });

  it("does not let the requests of many callers pile up, who say half of what they announced", async () => {
    const all = await working();
    const part = Buffer.alloc(50 * 2 ** 20);
    const announced = new Uint8Array(4);
    new DataView(announced.buffer).setUint32(0, 60 * 2 ** 20, true);
    let left = 0;
    const sockets: Socket[] = [];
    for (let i = 0; i < 8; i++) { // 400 MiB
      const socket = await rawSocket(all.port);
      socket.once("close", () => left++);
      socket.resume();
      sockets.push(socket);
      socket.write(greet({ callerid: `/large${i}` }));
      socket.write(announced);
      socket.write(part);
    }
    const health = async (): Promise<readonly string[]> => (await healthOf(all.engine)).refusals.map(({ reason }) => reason);
    await until("some are ended", () => left >= 3);
    await answers(all);
    expect((await health()).some((reason) => reason.includes("requests of all callers together take more than 268435456 bytes"))).toBe(
      true,
    );
    expect(left).toBeLessThan(8);
    for (const socket of sockets) socket.destroy();
  });

  it("lets a caller go whose handler never answers, when it ends", async () => {
    const all = await working();
    const socket = await rawSocket(all.port);
    const came = bytesOf(socket, Infinity);
    socket.write(greet({ service: "/worker/never", md5sum: "*" }));
    socket.write(new Uint8Array(4));
    await until("it waits", async () => (await healthOf(all.engine)).services.exported.some(({ calls }) => calls === 1));
    await all.engine.close();
    await came;
  });

  it(`goes on after ${mutations} changed headers and requests, and after garbage`, async () => {
    const all = await working();
    const next = randomOf("requests");
    const good = Buffer.concat([greet(), request(true), request(false)]);
    for (let i = 0; i < mutations; i += 50) {
      const sockets = await Promise.all(Array.from({ length: 50 }, () => rawSocket(all.port)));
      for (const socket of sockets) socket.end(mutate(good, next));
      await sleep(1);
      for (const socket of sockets) socket.destroy();
    }
    await answers(all);
  });
});

/** A provider that does what a test wants with each connection that is for calls. */
async function provider(master: string, fields: Record<string, string>, serve: (socket: Socket, count: number) => void): Promise<void> {
  let count = 0;
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    let isGreeted = false;
    socket.on("data", (data) => {
      if (isGreeted) return;
      isGreeted = true;
      socket.write(writeHeader({ callerid: "/bad", type: "std_srvs/SetBool", md5sum: setBool.md5, ...fields }));
      if (data.includes("probe=1")) socket.end();
      else serve(socket, count++);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const { port } = server.address() as { port: number };
  await callXml(master, "registerService", ["/bad", "/bad", `rosrpc://127.0.0.1:${port}`, "http://127.0.0.1:1/"]);
}

const calling = (master: string): Promise<Engine> =>
  started({ nodes: { "/ros": bridge(master, "/calling", { import: { services: ["/bad"] } }) } });
const has = (engine: Engine): boolean => engine.services.some(({ name }) => name === "/bad");
const health = async (engine: Engine): Promise<ServiceHealth | undefined> => (await healthOf(engine)).services.imported[0];

describe("a bridge with hostile providers", () => {
  it.each([
    ["a wrong MD5", { md5sum: "1".repeat(32) }, /the MD5 of std_srvs\/SetBool is .* the definitions differ/],
    ["a type that nobody knows", { type: "none/Such" }, /no definition of none\/Such was found/],
    ["a type that is none", { type: "../../x" }, /is no type/],
    ["an error", { error: "go away" }, /refuses: go away/],
  ])("refuses %s, and tells it", async (_, fields, why) => {
    const master = await ownMaster();
    await provider(master, fields, () => {});
    const engine = await calling(master);
    await until("it is told", async () => why.test((await health(engine))?.problem ?? ""));
    expect(has(engine)).toBe(false);
  });

  it("settles every call, whatever comes", async () => {
    const master = await ownMaster();
    const good = Buffer.concat([new Uint8Array([1]), setBool.response.write(new Output(), { success: true, message: "good" })]);
    const error = new Uint8Array([0, 3, 0, 0, 0, 98, 97, 100]);
    const bad = [
      [(socket: Socket) => socket.destroy(), NodeLostError],
      [(socket: Socket) => socket.end(new Uint8Array(3)), NodeLostError],
      [(socket: Socket) => socket.write(good.subarray(0, 7)), ServiceTimeoutError],
      [() => {}, ServiceTimeoutError],
      [(socket: Socket) => socket.end(good.subarray(0, 7)), NodeLostError],
      [(socket: Socket) => socket.write(new Uint8Array([1, 255, 255, 255, 255])), NodeLostError],
      [(socket: Socket) => socket.write(new Uint8Array([1, 2, 0, 0, 0, 9, 9])), RosError],
      [(socket: Socket) => socket.write(error), ServiceError],
    ] as const;
    await provider(master, {}, (socket, count) => {
      const serve = bad[count]?.[0] ?? ((one: Socket) => one.write(good));
      socket.on("data", () => void serve(socket)); // each request
    });
    const engine = await calling(master);
    await until("it is there", () => has(engine));
    for (const [, kind] of bad) {
      const failed = await engine.call("/bad", { data: true }, { timeout: 500, retries: 0 }).then(
        () => undefined,
        (reason: unknown) => reason,
      );
      expect(failed).toBeInstanceOf(kind);
      await until("it is there again", () => has(engine));
      if (kind === RosError || kind === ServiceError) await engine.call("/ros/withhold", { import: { services: ["/bad"] } });
      if (kind === RosError || kind === ServiceError) {
        await until("it has gone", () => !has(engine)); // and the connection that would be used again
        await engine.call("/ros/expose", { import: { services: ["/bad"] } });
        await until("it is there again", () => has(engine));
      }
    }
    expect(await engine.call("/bad", { data: true })).toEqual({ success: true, message: "good" });
  });
});
