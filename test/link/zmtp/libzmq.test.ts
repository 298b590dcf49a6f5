import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { decodeZ85, encodeZ85 } from "../../../src/link/zmtp/curve/z85.ts";
import { makeCurveKeys } from "../../../src/link/zmtp/curve/keys.ts";
import { Libzmq } from "./libzmq.ts";
import { bytes, connect, freshAddress, listen, pattern, text, texts, until } from "./support.ts";

const same = (a: readonly Uint8Array[], b: readonly Uint8Array[]): boolean =>
  a.length === b.length && a.every((part, i) => Buffer.compare(part, b[i]!) === 0);

/** Messages of all shapes. */
const shapes: readonly (readonly Uint8Array[])[] = [
  [bytes("one")],
  [bytes("")],
  [bytes("a"), bytes(""), bytes("b"), bytes("")],
  Array.from({ length: 200 }, (_, i) => bytes(`part ${i}`)),
  [254, 255, 256, 257, 8191, 8192, 16_384, 65_535, 65_536].map((size) => pattern(size, size)),
  [pattern(5_000_000), bytes("behind it")],
];

describe("ZMTP with libzmq", () => {
  let libzmq: Libzmq;
  beforeAll(() => void (libzmq = Libzmq.start()));
  afterAll(() => libzmq.end());

  describe.each(["ipc", "tcp"] as const)("over %s", (kind) => {
    it("listens for a DEALER: messages of all shapes, both ways", async () => {
      const door = await listen(freshAddress(kind));
      const peer = await libzmq.socket("Dealer", { routingId: "peer-7" });
      await peer.connect(door.address);
      await until(() => door.guests.length === 1);
      const here = door.guests[0]!;
      expect(here.connection.peer.socketType).toBe("DEALER");
      expect(text(here.connection.peer.identity)).toBe("peer-7");
      for (const [i, parts] of shapes.entries()) {
        await peer.send(parts);
        await until(() => here.messages.length === i + 1);
        expect(same(here.messages[i]!, parts)).toBe(true);
        here.connection.send(parts);
        expect(same(await peer.receive(), parts)).toBe(true);
      }
    });

    it("connects to a ROUTER: messages of all shapes, both ways", async () => {
      const peer = await libzmq.socket("Router", { mandatory: true });
      const here = await connect(await peer.bind(freshAddress(kind)), { identity: "pyros" });
      for (const [i, parts] of shapes.entries()) {
        here.connection.send(parts);
        const [id, ...rest] = await peer.receive();
        expect(text(id!)).toBe("pyros");
        expect(same(rest, parts)).toBe(true);
        await peer.send([id!, ...parts]);
        await until(() => here.messages.length === i + 1);
        expect(same(here.messages[i]!, parts)).toBe(true);
      }
    });

    it("pushes to a PULL and pulls from a PUSH", async () => {
      const pull = await libzmq.socket("Pull");
      const push = await connect(await pull.bind(freshAddress(kind)), { socketType: "PUSH" });
      for (let i = 0; i < 100; i++) push.connection.send([bytes(`${i}`)]);
      for (let i = 0; i < 100; i++) expect(texts(await pull.receive())).toEqual([`${i}`]);
      const door = await listen(freshAddress(kind), { socketType: "PULL" });
      const pusher = await libzmq.socket("Push");
      await pusher.connect(door.address);
      await pusher.send([bytes("x"), bytes("y")]);
      await until(() => door.guests[0]?.said.length === 1);
      expect(door.guests[0]!.said).toEqual([["x", "y"]]);
    });

    it("publishes to a SUB, and subscribes at a PUB", async () => {
      const door = await listen(freshAddress(kind), { socketType: "PUB" });
      const sub = await libzmq.socket("Subscriber");
      await sub.connect(door.address);
      await sub.subscribe("pose");
      await until(() => door.guests[0]?.subscriptions.length === 1);
      expect(door.guests[0]!.subscriptions).toEqual(["+pose"]);
      door.guests[0]!.connection.send([bytes("pose"), bytes("1 2 3")]);
      expect(texts(await sub.receive())).toEqual(["pose", "1 2 3"]);

      const pub = await libzmq.socket("Publisher");
      const here = await connect(await pub.bind(freshAddress(kind)), { socketType: "SUB" });
      here.connection.subscribe(bytes("a"));
      await until(async () => {
        await pub.send([bytes("b"), bytes("not wanted")]);
        await pub.send([bytes("a"), bytes("wanted")]);
        return here.said.length > 0;
      });
      expect(here.said[0]).toEqual(["a", "wanted"]);
      here.connection.cancel(bytes("a"));
      here.connection.subscribe(bytes("c"));
      await until(async () => {
        await pub.send([bytes("a"), bytes("old")]);
        await pub.send([bytes("c"), bytes("new")]);
        return here.said.some(([topic]) => topic === "c");
      });
      const first = here.said.findIndex(([topic]) => topic === "c");
      expect(here.said.slice(first).every(([topic]) => topic === "c")).toBe(true);
    });

    it("asks as a REQ and answers as a REP, with the empty part that belongs between them", async () => {
      const rep = await libzmq.socket("Reply");
      const here = await connect(await rep.bind(freshAddress(kind)), { socketType: "REQ" });
      here.connection.send([bytes(""), bytes("question")]);
      expect(texts(await rep.receive())).toEqual(["question"]);
      await rep.send([bytes("answer")]);
      await until(() => here.said.length === 1);
      expect(here.said).toEqual([["", "answer"]]);
    });

    it("refuses a socket type that does not fit", async () => {
      const door = await listen(freshAddress(kind), { socketType: "PULL" });
      const peer = await libzmq.socket("Publisher");
      await peer.connect(door.address);
      await until(() => door.refused.length > 0);
      expect(door.guests.length).toBe(0);
      const pub = await libzmq.socket("Publisher");
      await expect(connect(await pub.bind(freshAddress(kind)), { socketType: "PUSH" })).rejects.toThrow(/PUB|refused|ended|went away/);
    });

    it("is found again by a peer when we come back, and finds it when it comes back", async () => {
      const address = kind === "ipc" ? freshAddress(kind) : (await oncePort());
      const first = await listen(address);
      const peer = await libzmq.socket("Dealer", { reconnectInterval: 10 });
      await peer.connect(address);
      await until(() => first.guests.length === 1);
      await first.listener.close();
      first.guests[0]!.connection.destroy();
      const second = await listen(address);
      await until(() => second.guests.length === 1);
      await peer.send([bytes("again")]);
      await until(() => second.guests[0]!.said.length === 1);

      const router = await libzmq.socket("Router");
      const there = await router.bind(freshAddress(kind));
      const here = await connect(there);
      await router.close();
      await until(() => here.closed);
      const back = await libzmq.socket("Router");
      await until(() => back.bind(there).then(() => true, () => false));
      const again = await connect(there);
      again.connection.send([bytes("back")]);
      expect(texts((await back.receive()).slice(1))).toEqual(["back"]);
    });
  });

  it("answers the heartbeats of libzmq, and has its own answered", async () => {
    const door = await listen(freshAddress("ipc"), { heartbeat: { interval: 10, timeout: 2_000, ttl: 5_000 } });
    const peer = await libzmq.socket("Dealer", { heartbeatInterval: 10, heartbeatTimeout: 2_000, heartbeatTimeToLive: 5_000 });
    await peer.connect(door.address);
    await until(() => door.guests.length === 1);
    await new Promise((resolve) => setTimeout(resolve, 300)); // some thirty rounds of each
    expect(door.guests[0]!.closed).toBeUndefined();
    expect(await peer.events()).toEqual(["handshake"]);
    await peer.send([bytes("alive")]);
    await until(() => door.guests[0]!.said.length === 1);
  });

  it("notices by heartbeat that a peer has stopped, and the peer that we have", async () => {
    const stopped = Libzmq.start();
    try {
      const door = await listen(freshAddress("ipc"), { heartbeat: { interval: 20, timeout: 100 } });
      const peer = await stopped.socket("Dealer", { reconnectInterval: 10 });
      await peer.connect(door.address);
      await until(() => door.guests.length === 1);
      stopped.signal("SIGSTOP");
      await until(() => door.guests[0]!.closed);
      expect(door.guests[0]!.closed!.reason!.message).toMatch(/silent for \d+ ms/);
    } finally {
      stopped.signal("SIGCONT");
      await stopped.end();
    }
  });

  it("gives up on a peer that asked for it (ttl)", async () => {
    const stopped = Libzmq.start();
    try {
      const door = await listen(freshAddress("ipc"));
      const peer = await stopped.socket("Dealer", { heartbeatInterval: 20, heartbeatTimeout: 60_000, heartbeatTimeToLive: 200 });
      await peer.connect(door.address);
      await until(() => door.guests.length === 1);
      await new Promise((resolve) => setTimeout(resolve, 100)); // let a PING come
      stopped.signal("SIGSTOP");
      await until(() => door.guests[0]!.closed);
      expect(door.guests[0]!.closed!.reason!.message).toMatch(/silent/);
    } finally {
      stopped.signal("SIGCONT");
      await stopped.end();
    }
  });

  it("notices that a peer was killed", async () => {
    const killed = Libzmq.start();
    const door = await listen(freshAddress("ipc"));
    await (await killed.socket("Dealer")).connect(door.address);
    await until(() => door.guests.length === 1);
    killed.kill();
    await until(() => door.guests[0]!.closed);
  });

  describe("CURVE", () => {
    it("reads and writes keys as libzmq does", async () => {
      const { publicKey, secretKey } = await libzmq.keys();
      for (const key of [publicKey, secretKey]) expect(encodeZ85(decodeZ85(key))).toBe(key);
      expect(decodeZ85(publicKey).length).toBe(32);
    });

    it("listens for a client of libzmq: messages of all shapes, heartbeats", async () => {
      const server = await makeCurveKeys();
      const client = await libzmq.keys();
      const door = await listen(freshAddress("tcp"), {
        curve: { ...server, allow: (key) => encodeZ85(key) === client.publicKey },
        heartbeat: { interval: 10, timeout: 2_000 },
      });
      const peer = await libzmq.socket("Dealer", {
        curvePublicKey: client.publicKey,
        curveSecretKey: client.secretKey,
        curveServerKey: encodeZ85(server.publicKey),
        heartbeatInterval: 10,
        heartbeatTimeout: 2_000,
      });
      await peer.connect(door.address);
      await until(() => door.guests.length === 1);
      const here = door.guests[0]!;
      expect(encodeZ85(here.connection.peer.key!)).toBe(client.publicKey);
      for (const [i, parts] of shapes.entries()) {
        await peer.send(parts);
        await until(() => here.messages.length === i + 1);
        expect(same(here.messages[i]!, parts)).toBe(true);
        here.connection.send(parts);
        expect(same(await peer.receive(), parts)).toBe(true);
      }
    });

    it("connects to a server of libzmq: messages of all shapes", async () => {
      const server = await libzmq.keys();
      const peer = await libzmq.socket("Router", {
        curveServer: true,
        curveSecretKey: server.secretKey,
        heartbeatInterval: 10,
        heartbeatTimeout: 2_000, // by default as short as the interval, and opening 5 MB takes longer
      });
      const here = await connect(await peer.bind(freshAddress("tcp")), {
        identity: "pyros",
        curve: { ...(await makeCurveKeys()), serverKey: decodeZ85(server.publicKey) },
      });
      for (const [i, parts] of shapes.entries()) {
        here.connection.send(parts);
        const [id, ...rest] = await peer.receive();
        expect(same(rest, parts)).toBe(true);
        await peer.send([id!, ...parts]);
        await until(() => here.messages.length === i + 1);
        expect(same(here.messages[i]!, parts)).toBe(true);
      }
    });

    it("publishes to a client of libzmq that subscribes", async () => {
      const server = await makeCurveKeys();
      const client = await libzmq.keys();
      const door = await listen(freshAddress("tcp"), { socketType: "PUB", curve: { ...server, allow: () => true } });
      const sub = await libzmq.socket("Subscriber", {
        curvePublicKey: client.publicKey,
        curveSecretKey: client.secretKey,
        curveServerKey: encodeZ85(server.publicKey),
      });
      await sub.connect(door.address);
      await sub.subscribe("pose");
      await until(() => door.guests[0]?.subscriptions.length === 1);
      expect(door.guests[0]!.subscriptions).toEqual(["+pose"]);
      door.guests[0]!.connection.send([bytes("pose"), bytes("1")]);
      expect(texts(await sub.receive())).toEqual(["pose", "1"]);
    });

    it("lets in no client of libzmq with another key, with the wrong server key, or without", async () => {
      const server = await makeCurveKeys();
      const listed = await libzmq.keys();
      const other = await libzmq.keys();
      const door = await listen(freshAddress("tcp"), {
        curve: { ...server, allow: (key) => encodeZ85(key) === listed.publicKey },
      });
      const serverKey = encodeZ85(server.publicKey);
      const tries = [
        { curvePublicKey: other.publicKey, curveSecretKey: other.secretKey, curveServerKey: serverKey },
        { curvePublicKey: listed.publicKey, curveSecretKey: listed.secretKey, curveServerKey: other.publicKey },
        {},
      ];
      for (const [i, options] of tries.entries()) {
        const before = door.refused.length;
        const peer = await libzmq.socket("Dealer", { ...options, reconnectInterval: 50 });
        await peer.connect(door.address);
        await until(() => door.refused.length > before);
        expect(door.refused.at(-1)!.message).toMatch([/not allowed/, /HELLO does not open/, /mechanism NULL|ended/][i]!);
        await peer.close();
      }
      expect(door.guests.length).toBe(0);
    });

    it("is let in by no server of libzmq whose key is another, or that speaks no CURVE", async () => {
      const server = await libzmq.keys();
      const curve = { ...(await makeCurveKeys()), serverKey: (await makeCurveKeys()).publicKey };
      const peer = await libzmq.socket("Router", { curveServer: true, curveSecretKey: server.secretKey });
      await expect(connect(await peer.bind(freshAddress("tcp")), { curve })).rejects.toThrow(/ended|went away|no handshake/);
      const plain = await libzmq.socket("Router");
      await expect(connect(await plain.bind(freshAddress("tcp")), { curve })).rejects.toThrow(/mechanism NULL|ended/);
    });
  });
});

/** A TCP address that was free a moment ago. */
async function oncePort(): Promise<string> {
  const door = await listen("tcp://127.0.0.1:*");
  await door.listener.close();
  return door.address;
}
