import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { createEngine, type Engine, type EngineConfig, HostError, LinkError } from "pyros";
import { findGraph } from "../../src/host/graph-file.ts";
import { makeKeyFile, readKeyFile } from "../../src/host/keys.ts";
import { connectZmtp } from "../../src/link/zmtp/connect.ts";
import { rejection, until } from "../conformance/harness.ts";
import { commandOf, other } from "../conformance/runtimes.ts";
import { freshName, nodesOf, started } from "./support.ts";

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), "pyros-test-"));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

async function freeAddress(): Promise<string> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return `tcp://127.0.0.1:${port}`;
}

/** A main engine that lets the holder of one key in, and the config of that. */
async function withKeys(config: EngineConfig = {}): Promise<{ main: Engine; guest: EngineConfig; path: string; name: string }> {
  const path = folder();
  const [serverKey, publicKey] = [await makeKeyFile(join(path, "lab.keys")), await makeKeyFile(join(path, "desk.keys"))];
  mkdirSync(join(path, "allowed"));
  writeFileSync(join(path, "allowed", "desk"), `${publicKey}\n`);
  const name = freshName();
  const listen = { name, listen: "tcp://127.0.0.1:*", keys: join(path, "lab.keys"), allow: join(path, "allowed") };
  const main = await started({ ...listen, ...config });
  return { main, guest: { join: findGraph(name).tcp!, keys: join(path, "desk.keys"), serverKey, name: "desk" }, path, name };
}

describe("an engine that joins by a TCP address of this machine", () => {
  it("needs the secret that only its user can read", async () => {
    const name = freshName();
    const main = await started({ name, listen: "tcp://127.0.0.1:*", nodes: { "/echo": "./nodes/echo.ts" } });
    const { tcp } = findGraph(name);
    const guest = await started({ join: tcp!, nodes: { "/guest": "./nodes/worker.ts" } });
    expect(await guest.call("/echo/say", 1)).toBe(1);
    expect(await main.call("/guest/double", 1)).toBe(2);
    await guest.close();

    const stranger = await connectZmtp(tcp!);
    const said: string[] = [];
    const closed = new Promise<void>((resolve) => (stranger.onClose = () => resolve()));
    stranger.onMessage = ([first]) => void said.push(new TextDecoder().decode(first));
    const request = { pyros: 1, codec: "cbor", join: "stranger", instance: "1", secret: "guessed" };
    stranger.send([new TextEncoder().encode(JSON.stringify(request))]);
    await closed;
    expect(said).toEqual(['{"refused":"its secret is not that of this graph"}']);
  });

  it("hears nothing before it has said who it is, and cannot send much", async () => {
    const name = freshName();
    await started({ name, listen: "tcp://127.0.0.1:*" });
    const stranger = await connectZmtp(findGraph(name).tcp!);
    const said: unknown[] = [];
    const closed = new Promise<void>((resolve) => (stranger.onClose = () => resolve()));
    stranger.onMessage = (parts) => void said.push(parts);
    stranger.send([new Uint8Array(5000)]);
    await closed;
    expect(said).toEqual([]);
  });

  it("is told where there is none", async () => {
    const error = await rejection(createEngine({ join: "tcp://127.0.0.1:1" }));
    expect([error instanceof HostError, error.message]).toEqual([
      true,
      "no graph of this user on this machine listens at tcp://127.0.0.1:1 without keys",
    ]);
  });
});

describe("an engine that joins with a key", () => {
  it("needs no secret, and links to processes, threads and other engines with keys, too", async () => {
    const { main, guest, name } = await withKeys({
      nodes: {
        "/process": { use: "./nodes/echo.ts", placement: "process" },
        "/thread": { use: "./nodes/echo.ts", placement: "thread" },
        ...(commandOf(other) === undefined ? {} : { "/foreign": "./nodes/echo.ts" }),
      },
      ...(commandOf(other) === undefined ? {} : { hosts: { foreign: { placement: "process", runtime: other, nodes: ["/foreign"] } } }),
    });
    const desk = await started({ ...guest, nodes: { "/desk": "./nodes/worker.ts" } });
    const local = await started({ join: name, nodes: { "/local": "./nodes/echo.ts" } });
    expect(nodesOf(main).find((node) => node.name === "/desk")).toEqual({ name: "/desk", status: "running", guest: "desk" });
    for (const node of ["/process", "/thread", "/local", ...(commandOf(other) === undefined ? [] : ["/foreign"])]) {
      expect(await desk.call(`${node}/say`, new Float64Array(10_000))).toEqual(new Float64Array(10_000));
      expect(await main.call(`${node}/ask`, ["/desk/double", 4])).toBe(8);
    }
    await desk.params.set("/desk/gain", 2);
    expect(main.params.get("/desk/gain")).toBe(2);
    const items: unknown[] = [];
    local.stream("/desk/ticks", { depth: 100 }).on((item) => void items.push(item));
    await local.flush();
    await desk.call("/desk/emit", 3);
    await until(() => items.length === 3);
  });

  it("hears how to link to another one, although it waits for what comes from there", async () => {
    const { main, guest } = await withKeys({ nodes: { "/process": { use: "./nodes/worker.ts", placement: "process" } } });
    const desk = await started({ ...guest, nodes: { "/desk": "./nodes/worker.ts" } });
    const items: unknown[] = [];
    desk.stream("/process/ticks", { depth: 100 }).on((item) => void items.push(item));
    await desk.params.set("/seen", 0);
    // The item is the first word between the two. Nobody is to see the set before it.
    await Promise.all([main.call("/process/emit", 1), main.call("/process/set", ["/seen", 1])]);
    await until(() => desk.params.get("/seen") === 1);
    expect(items).toEqual([0]);
    expect(await main.call("/desk/double", 2)).toBe(4);
  });

  it("gets nothing when its key is not listed, until it is", async () => {
    const { guest, path } = await withKeys();
    const publicKey = await makeKeyFile(join(path, "other.keys"));
    const other = { ...guest, keys: join(path, "other.keys") };
    const error = await rejection(createEngine(other));
    expect([error instanceof LinkError, error.message]).toEqual([true, expect.stringMatching(/400/)]);
    writeFileSync(join(path, "allowed", "other"), publicKey);
    await started(other);
    const wrong = await rejection(createEngine({ ...guest, serverKey: publicKey }));
    expect(wrong).toBeInstanceOf(LinkError);
  });

  it("that does not listen has no way to another that does not, and is told so; calls settle", async () => {
    const { guest, path } = await withKeys();
    writeFileSync(join(path, "allowed", "other"), await makeKeyFile(join(path, "other.keys")));
    const other = { ...guest, keys: join(path, "other.keys"), name: "other" };
    await started({ ...guest, nodes: { "/desk": "./nodes/worker.ts" } });
    const caller = await started(other);
    const error = await rejection(caller.call("/desk/double", 1));
    expect([error.code, error.message]).toEqual([
      "PYROS_NODE_LOST",
      expect.stringMatching(/neither other nor desk listens where the other can reach it; set listen in one's config/),
    ]);
    expect((await rejection(caller.call("/desk/double", 1))).code).toBe("PYROS_NODE_LOST"); // each time
    await caller.close();
    const listening = await started({ ...other, listen: "tcp://127.0.0.1:*" });
    expect(await listening.call("/desk/double", 1)).toBe(2);
  });

  it("lets nobody in whom the main engine has not introduced, whatever the key", async () => {
    const { main, guest, path } = await withKeys({ nodes: { "/process": { use: "./nodes/echo.ts", placement: "process" } } });
    const listen = await freeAddress();
    const desk = await started({ ...guest, listen, nodes: { "/desk": "./nodes/worker.ts" } });
    const keys = await readKeyFile(join(path, "lab.keys")); // even the main engine's
    const serverKey = (await readKeyFile(guest.keys!)).publicKey;
    expect((await rejection(connectZmtp(listen, { curve: { ...keys, serverKey } }))).message).toMatch(/400/);
    expect((await rejection(connectZmtp(listen))).message).toMatch(/CURVE/);
    expect(await main.call("/process/ask", ["/desk/double", 1])).toBe(2);
    expect(await desk.call("/process/say", 1)).toBe(1);
  });
});

describe("keys", () => {
  it("are made in a file for their user only, which is never overwritten, and printed without the secret", async () => {
    const file = join(folder(), "a.keys");
    const publicKey = await makeKeyFile(file);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const text = readFileSync(file, "utf8");
    expect(Object.keys(JSON.parse(text) as object)).toEqual(["public", "secret"]);
    expect(text).toContain(publicKey.slice(0, 5));
    expect((await rejection(makeKeyFile(file))).message).toMatch(/is there already/);
    expect(readFileSync(file, "utf8")).toBe(text);
  });

  it("that others can read, or that are none, are refused by an engine before anything starts", async () => {
    const { guest, path } = await withKeys();
    chmodSync(guest.keys!, 0o644);
    expect((await rejection(createEngine(guest))).message).toMatch(/others can read it \(mode 644\): chmod 600/);
    writeFileSync(join(path, "bad.keys"), '{"public":"x","secret":"do not tell"}', { mode: 0o600 });
    const bad = await rejection(createEngine({ ...guest, keys: join(path, "bad.keys") }));
    expect(bad.message).toMatch(/it holds no pair of keys/);
    expect(`${bad.message} ${String(bad.cause)}`).not.toMatch("do not tell");
    const missing = await rejection(
      createEngine({ listen: "tcp://127.0.0.1:*", keys: join(path, "nowhere"), allow: [], nodes: { "/a": () => {} } }),
    );
    expect(missing.message).toMatch(/there is none; make one: pyros keys .*nowhere$/);
  });
});

describe("a config of links over TCP", () => {
  const key = "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7";
  it.each<[EngineConfig, string]>([
    [
      { listen: "tcp://0.0.0.0:7000" },
      "listen: tcp://0.0.0.0:7000 can be reached from other machines: set keys and allow, or listen at 127.0.0.1",
    ],
    [{ listen: "7000" }, 'listen: must be an address such as tcp://127.0.0.1:7000, not "7000"'],
    [{ listen: "tcp://10.0.0.1:7000", keys: "a" }, "keys: let nobody join: say who may, by allow"],
    [{ listen: "tcp://127.0.0.1:7000", allow: [key] }, "allow: needs keys: the file of this engine's own"],
    [{ keys: "a", allow: [key] }, "keys: are for engines that join over TCP: say where they can, by listen"],
    [{ allow: ["short"] }, 'allow[0]: must be a public key: 40 characters, as pyros keys prints them, not "short"'],
    [{ join: "tcp://10.0.0.1:7000" }, "join: tcp://10.0.0.1:7000 is not on this machine: set keys and serverKey"],
    [{ join: "tcp://10.0.0.1:7000", keys: "a" }, "keys: need serverKey, the public key of the graph's main engine"],
    [
      { join: "lab", keys: "a", serverKey: key },
      "keys: are for a graph that is joined by its address, and lab is found on this machine by its name",
    ],
    [{ join: "tcp://10.0.0.1:7000", serverKey: key }, "serverKey: needs keys: the file of this engine's own"],
    [
      { join: "tcp://10.0.0.1:7000", keys: "a", serverKey: key, listen: "tcp://0.0.0.0:1" },
      "listen: tcp://0.0.0.0:1 must name the host by which others reach it",
    ],
    [{ serverKey: key }, "serverKey: is of the graph that an engine joins, and this one joins none"],
  ])("%j is refused", async (config, mistake) => {
    expect((await rejection(createEngine(config))).message.split("\n")).toContain(mistake);
  });
});
