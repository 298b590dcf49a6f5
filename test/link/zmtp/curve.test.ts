import { describe, expect, it } from "vitest";
import { connectZmtp } from "../../../src/link/zmtp/connect.ts";
import { type CurveKeys, makeCurveKeys } from "../../../src/link/zmtp/curve/keys.ts";
import { join, makeCommand, readCommand } from "../../../src/link/zmtp/command.ts";
import { Counter, nonceOf } from "../../../src/link/zmtp/curve/nonce.ts";
import type { Step } from "../../../src/link/zmtp/mechanism.ts";
import { decodeZ85, encodeZ85 } from "../../../src/link/zmtp/curve/z85.ts";
import { bytes, connect, type Door, freshAddress, listen, pattern, until } from "./support.ts";
import { connectRaw, listenRaw, message, opening, type Raw } from "./raw.ts";

const same = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;

interface Guarded {
  readonly door: Door;
  readonly server: CurveKeys;
  readonly client: CurveKeys;
}

/** A server that lets in one client. */
async function guarded(address = freshAddress("tcp")): Promise<Guarded> {
  const [server, client] = await Promise.all([makeCurveKeys(), makeCurveKeys()]);
  const door = await listen(address, { curve: { ...server, allow: (key) => same(key, client.publicKey) } });
  return { door, server, client };
}

/** Carries bytes between a client and a server, keeps them, and lets them be changed. */
async function wiretap(target: string, change: (direction: "up" | "down", chunk: Uint8Array) => Uint8Array = (_, chunk) => chunk) {
  const heard = { up: [] as Uint8Array[], down: [] as Uint8Array[] };
  const address = await listenRaw(freshAddress("ipc"), (near) => {
    const waiting: Uint8Array[] = [];
    let far: Raw | undefined;
    near.stream.onData = (chunk) => {
      heard.up.push(chunk);
      if (far === undefined) waiting.push(chunk);
      else far.write(change("up", chunk));
    };
    near.stream.onClose = () => far?.stream.destroy();
    void connectRaw(target).then((raw) => {
      far = raw;
      raw.stream.onData = (chunk) => {
        heard.down.push(chunk);
        near.write(change("down", chunk));
      };
      raw.stream.onClose = () => near.stream.destroy();
      for (const chunk of waiting) raw.write(change("up", chunk));
    });
  });
  return { address, heard };
}

describe.each(["ipc", "tcp"] as const)("CURVE between two of us over %s", (kind) => {
  it("carries messages of any size both ways, and tells the server who the client is", async () => {
    const { door, server, client } = await guarded(freshAddress(kind));
    const here = await connect(door.address, {
      curve: { ...client, serverKey: server.publicKey },
      properties: { X: "y" },
      heartbeat: { interval: 5, timeout: 5_000 },
    });
    await until(() => door.guests.length === 1);
    const there = door.guests[0]!;
    expect(same(there.connection.peer.key!, client.publicKey)).toBe(true);
    expect(here.connection.peer.key).toBeUndefined();
    expect(there.connection.peer.properties.get("x")).toEqual(bytes("y"));
    const parts = [0, 1, 222, 223, 224, 16_384, 1_000_000, 0].map((size, i) => pattern(size, i));
    for (const [from, to] of [[here, there], [there, here]] as const) {
      from.connection.send(parts);
      from.connection.send([bytes("one")]);
      await until(() => to.messages.length === 2);
      expect(to.messages[0]!.length).toBe(parts.length);
      expect(to.messages[0]!.every((part, i) => same(part, parts[i]!))).toBe(true);
      expect(to.said[1]).toEqual(["one"]);
    }
  });
});

describe("CURVE", () => {
  it("lets a listener be reached from other machines", async () => {
    const { door, server, client } = await guarded("tcp://0.0.0.0:*");
    const port = door.address.slice(door.address.lastIndexOf(":"));
    await connect(`tcp://127.0.0.1${port}`, { curve: { ...client, serverKey: server.publicKey } });
    await until(() => door.guests.length === 1);
  });

  it("lets in nobody whose key is not allowed, and tells them no more than that", async () => {
    const { door, server } = await guarded();
    const curve = { ...(await makeCurveKeys()), serverKey: server.publicKey };
    await expect(connectZmtp(door.address, { curve })).rejects.toThrow(/it refused: this key.*\(400\)/);
    expect(door.guests.length).toBe(0);
    expect(door.refused[0]!.message).toMatch(/its key is not allowed here/);
  });

  it("lets in nobody when allow() throws", async () => {
    const server = await makeCurveKeys();
    const allow = (): boolean => {
      throw new Error("the list is gone");
    };
    const door = await listen(freshAddress("tcp"), { curve: { ...server, allow } });
    const curve = { ...(await makeCurveKeys()), serverKey: server.publicKey };
    await expect(connectZmtp(door.address, { curve })).rejects.toMatchObject({ code: "PYROS_LINK" });
    expect(door.guests.length).toBe(0);
    expect(door.refused.length).toBe(1);
  });

  it("lets in nobody who shows the public key of another", async () => {
    const { door, server, client } = await guarded();
    const thief = await makeCurveKeys();
    const { CurveClient } = await import("../../../src/link/zmtp/curve/client.ts");
    // checkKeys would refuse this pair, so it goes by hand.
    const mechanism = new CurveClient(
      { publicKey: client.publicKey, secretKey: thief.secretKey, serverKey: server.publicKey },
      new Uint8Array(0),
    );
    const { Handshake } = await import("../../../src/link/zmtp/handshake.ts");
    const { toSettings } = await import("../../../src/link/zmtp/options.ts");
    const raw = await connectRaw(door.address);
    new Handshake(raw.stream, toSettings({}, "DEALER"), mechanism, () => {});
    await until(() => door.refused.length === 1);
    expect(door.refused[0]!.message).toMatch(/its vouch does not open/);
    expect(door.guests.length).toBe(0);
  });

  it("talks to nobody but the holder of the server key", async () => {
    const { door, client } = await guarded();
    const curve = { ...client, serverKey: (await makeCurveKeys()).publicKey };
    await expect(connectZmtp(door.address, { curve })).rejects.toThrow(/ended during the handshake|went away/);
    expect(door.refused[0]!.message).toMatch(/its HELLO does not open/);
  });

  it("does not fall back: a side without CURVE is refused by either", async () => {
    const { door, server, client } = await guarded();
    await expect(connectZmtp(door.address)).rejects.toThrow(/mechanism CURVE, and NULL is needed/);
    const open = await listen(freshAddress("tcp"));
    await expect(connectZmtp(open.address, { curve: { ...client, serverKey: server.publicKey } })).rejects.toThrow(
      /mechanism NULL, and CURVE/,
    );
    const raw = await connectRaw(door.address);
    raw.write(opening, message(bytes("let me in")));
    await until(() => raw.closed);
    expect(door.guests.length).toBe(0);
  });

  it("lets nobody read along", async () => {
    const { door, server, client } = await guarded();
    const { address, heard } = await wiretap(door.address);
    const here = await connect(address, { curve: { ...client, serverKey: server.publicKey }, properties: { X: "a secret property" } });
    here.connection.send([bytes("a secret message")]);
    await until(() => door.guests[0]?.said.length === 1);
    door.guests[0]!.connection.send([bytes("a secret answer")]);
    await until(() => here.said.length === 1);
    expect(Buffer.concat([...heard.up, ...heard.down]).includes("secret")).toBe(false);
    expect(Buffer.concat(heard.up).includes(Buffer.from(client.publicKey))).toBe(false);
  });

  it("takes no recorded handshake again, nor the messages after it", async () => {
    const { door, server, client } = await guarded();
    const { address, heard } = await wiretap(door.address);
    const here = await connect(address, { curve: { ...client, serverKey: server.publicKey } });
    here.connection.send([bytes("pay 10")]);
    await until(() => door.guests[0]?.said.length === 1);
    const again = await connectRaw(door.address);
    for (const chunk of heard.up) again.write(chunk);
    await until(() => again.closed);
    expect(door.guests.length).toBe(1);
    expect(door.refused[0]!.message).toMatch(/its cookie does not open/);
  });

  it("takes no message twice", async () => {
    const { door, server, client } = await guarded();
    let twice = false;
    const { address } = await wiretap(
      door.address,
      (way, chunk) => twice && way === "up" ? new Uint8Array(Buffer.concat([chunk, chunk])) : chunk,
    );
    const here = await connect(address, { curve: { ...client, serverKey: server.publicKey } });
    await until(() => door.guests.length === 1);
    twice = true;
    here.connection.send([bytes("pay 10")]);
    await until(() => door.guests[0]!.closed);
    expect(door.guests[0]!.said).toEqual([["pay 10"]]);
    expect(door.guests[0]!.closed!.reason!.message).toMatch(/nonce that is not above/);
  });

  it("closes when a single bit was changed on the way, wherever it is", async () => {
    const { door, server, client } = await guarded();
    const sealed = 2 + 33 + 6; // head, what a sealed frame has more, and the message
    for (let place = 0; place < sealed; place++) {
      let armed = false;
      const { address } = await wiretap(door.address, (way, chunk) => {
        if (!armed || way !== "up") return chunk;
        const changed = chunk.slice();
        changed[place]! ^= 0x40;
        return changed;
      });
      const before = door.guests.length;
      const here = await connect(address, { curve: { ...client, serverKey: server.publicKey } });
      await until(() => door.guests.length === before + 1);
      armed = true;
      here.connection.send([bytes("pay 10")]);
      if (place === 1) here.connection.close(); // a longer frame: it never ends by itself
      await until(() => door.guests[before]!.closed);
      expect(door.guests[before]!.said).toEqual([]);
      expect(door.guests[before]!.closed!.reason).toMatchObject({ code: "PYROS_LINK" });
    }
  });

  it("takes nothing that is not sealed, after the handshake", async () => {
    const { door, server, client } = await guarded();
    let open = false;
    const { address } = await wiretap(door.address, (way, chunk) => open && way === "up" ? message(bytes("x".repeat(50))) : chunk);
    const here = await connect(address, { curve: { ...client, serverKey: server.publicKey } });
    await until(() => door.guests.length === 1);
    open = true;
    here.connection.send([bytes("anything")]);
    await until(() => door.guests[0]!.closed);
    expect(door.guests[0]!.closed!.reason!.message).toMatch(/not sealed/);
    expect(door.guests[0]!.said).toEqual([]);
  });

  it("counts limits without what sealing adds", async () => {
    const { server, client } = await guarded();
    const door = await listen(freshAddress("ipc"), { maxMessage: 10, curve: { ...server, allow: () => true } });
    const here = await connect(door.address, { curve: { ...client, serverKey: server.publicKey } });
    here.connection.send([pattern(6), pattern(4)]);
    await until(() => door.guests[0]?.messages.length === 1);
    here.connection.send([pattern(11)]);
    await until(() => door.guests[0]!.closed);
    expect(door.guests[0]!.closed!.reason!.message).toMatch(/message of 11 bytes or more/);
  });

  it.each([
    ["publicKey", new Uint8Array(31), /curve.publicKey must be a Uint8Array of 32 bytes, and is 31 bytes/],
    ["secretKey", "text", /curve.secretKey must be .* and is string/],
    ["publicKey", new Uint8Array(32), /curve.publicKey does not belong to curve.secretKey/],
    ["serverKey", undefined, /curve.serverKey must be .* and is undefined/],
  ])("refuses a bad %s before anything is opened", async (name, value, why) => {
    const { server, client } = await guarded();
    const curve = { ...client, serverKey: server.publicKey, [name]: value };
    await expect(connectZmtp("ipc:///nowhere", { curve: curve as never })).rejects.toThrow(why);
  });

  it("is not led to a known secret by a key that is none", async () => {
    const { client } = await guarded();
    const curve = { ...client, serverKey: new Uint8Array(32) };
    await expect(connectZmtp("ipc:///nowhere", { curve })).rejects.toThrow(/public key is none/);
  });
});

describe("CurveServer", () => {
  it("takes a vouch only for the connection over which it comes, and only for its own key", async () => {
    const { Box, makeKeys } = await import("../../../src/link/zmtp/curve/box.ts");
    const { CurveServer } = await import("../../../src/link/zmtp/curve/server.ts");
    const [keys, client, other] = [makeKeys(), makeKeys(), makeKeys()];
    const metadata = new Uint8Array(0);

    /** A handshake by hand, up to INITIATE; what the client vouches for is given. */
    const initiate = (vouchFor: (short: Uint8Array) => Uint8Array): Step => {
      const server = new CurveServer({ ...keys, allow: () => true }, metadata);
      const short = makeKeys();
      const counter = new Counter();
      const toServer = Box.between(short.secretKey, keys.publicKey);
      const first = counter.next();
      const proof = toServer.seal(nonceOf("CurveZMQHELLO---", first), new Uint8Array(64));
      const hello = makeCommand("HELLO", Uint8Array.of(1, 0), new Uint8Array(72), short.publicKey, first, proof);
      const welcome = readCommand(server.take(readCommand(hello)).send[0]!).data;
      const plain = toServer.open(nonceOf("WELCOME-", welcome.subarray(0, 16)), welcome.subarray(16), "WELCOME");
      const [serverShort, cookie] = [plain.subarray(0, 32), plain.subarray(32)];
      const vouchNonce = pattern(16);
      const vouch = Box.between(client.secretKey, serverShort).seal(nonceOf("VOUCH---", vouchNonce), vouchFor(short.publicKey));
      const second = counter.next();
      const sealed = Box.between(short.secretKey, serverShort)
        .seal(nonceOf("CurveZMQINITIATE", second), join(client.publicKey, vouchNonce, vouch, metadata));
      return server.take(readCommand(makeCommand("INITIATE", cookie, second, sealed)));
    };

    expect(same(initiate((short) => join(short, keys.publicKey)).agreed!.key!, client.publicKey)).toBe(true);
    // What a server in the middle has got from a client that wanted to talk to it:
    expect(() => initiate(() => join(other.publicKey, keys.publicKey))).toThrow(/vouch is for another connection/);
    expect(() => initiate((short) => join(short, other.publicKey))).toThrow(/vouch is for another connection/);
  });
});

describe("Z85", () => {
  it("writes and reads the examples of its description (rfc 32)", () => {
    const example = Uint8Array.of(0x86, 0x4f, 0xd2, 0x6f, 0xb5, 0x59, 0xf7, 0x5b);
    expect(encodeZ85(example)).toBe("HelloWorld");
    expect(decodeZ85("HelloWorld")).toEqual(example);
    expect(encodeZ85(new Uint8Array(4).fill(255))).toBe("%nSc0");
    expect(decodeZ85(encodeZ85(pattern(32)))).toEqual(pattern(32));
  });

  it.each([["abcd", /multiple of 5 characters, not 4/], ['ab"cd', /character 3 is none/], ["%nSc1", /more than 4 bytes/]])(
    "refuses %j, and quotes nothing of it",
    (text, why) => expect(() => decodeZ85(text)).toThrow(why),
  );

  it("refuses bytes that are no multiple of four", () => expect(() => encodeZ85(new Uint8Array(3))).toThrow(/multiple of 4 bytes/));
});
