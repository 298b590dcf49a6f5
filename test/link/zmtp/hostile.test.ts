import { createConnection } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { makeGreeting } from "../../../src/link/zmtp/greeting.ts";
import { connectZmtp } from "../../../src/link/zmtp/connect.ts";
import type { ZmtpListenOptions } from "../../../src/link/zmtp/listen.ts";
import { bytes, connect, type Door, freshAddress, listen, pattern, until } from "./support.ts";
import { command, connectRaw, greeting, joined, listenRaw, longHead, message, opening, type Raw, ready } from "./raw.ts";

const mebibyte = 1024 * 1024;

/** A listener, and a peer that has got past the handshake. */
async function intruder(options: ZmtpListenOptions = {}): Promise<{ door: Door; raw: Raw }> {
  const door = await listen(freshAddress("ipc"), options);
  const raw = await connectRaw(door.address);
  raw.write(opening);
  await until(() => door.guests.length === 1);
  return { door, raw };
}

/** The listener is as good as before. */
async function stillServes(door: Door): Promise<void> {
  const before = door.guests.length;
  const here = await connect(door.address);
  here.connection.send([bytes("hello")]);
  await until(() => door.guests[before]?.said.length === 1);
}

describe("a handshake that cannot be", () => {
  const version2 = makeGreeting("NULL", false);
  version2[10] = 2;
  const cases: Record<string, [Uint8Array, RegExp]> = {
    "HTTP": [bytes("GET / HTTP/1.1\r\n\r\n"), /no greeting/],
    "a greeting of ZMTP 2": [version2, /speaks ZMTP 2; version 3 is needed/],
    "another mechanism": [makeGreeting("PLAIN", false), /mechanism PLAIN, and NULL is needed/],
    "CURVE": [makeGreeting("CURVE", false), /mechanism CURVE, and NULL is needed/],
    "a message before READY": [joined(greeting, message(bytes("x"))), /message before the handshake/],
    "another command than READY": [joined(greeting, command("HELLO")), /sent HELLO where READY was due/],
    "a name that cannot be printed": [joined(greeting, command("\u0001\u00ff")), /sent \?\? where/],
    "a command without a name": [joined(greeting, Uint8Array.of(4, 0)), /command without a name/],
    "a command whose name is cut short": [joined(greeting, Uint8Array.of(4, 3, 5, 65, 66)), /command without a name/],
    "a huge command": [joined(greeting, longHead(4, 8193n)), /command of 8193 bytes, and maxCommand is 8192/],
    "flags that do not exist": [joined(greeting, Uint8Array.of(8, 0)), /flags 1000/],
    "properties that are cut short": [joined(greeting, command("READY", Uint8Array.of(3, 65, 66, 67, 0, 0, 0, 9, 1))), /cut short/],
    "a property without a name": [joined(greeting, command("READY", Uint8Array.of(0, 0, 0, 0, 0))), /cut short/],
    "no socket type": [joined(greeting, command("READY")), /it is a nothing, and a ROUTER talks with/],
    "a socket type that does not exist": [joined(greeting, ready("__proto__")), /it is a __proto__/],
    "an identity that is too long": [joined(greeting, ready("DEALER", ["Identity", pattern(256)])), /identity has 256 bytes/],
    "an error": [joined(greeting, command("ERROR", Uint8Array.of(5), bytes("angry"))), /it refused: angry/],
  };

  it.each(Object.entries(cases))("is refused by a listener with the reason: %s", async (_, [sent, why]) => {
    const door = await listen(freshAddress("ipc"));
    const raw = await connectRaw(door.address);
    raw.write(sent);
    await until(() => door.refused.length === 1 && raw.closed);
    expect(door.refused[0]!.message).toMatch(why);
    expect(door.refused[0]).toMatchObject({ code: "PYROS_LINK", subject: door.address });
    expect(door.guests.length).toBe(0);
    await stillServes(door);
  });

  it.each(Object.entries(cases).filter(([name]) => name !== "no socket type"))(
    "is refused by who connects, with the reason: %s",
    async (_, [sent, why]) => {
      const address = await listenRaw(freshAddress("ipc"), (raw) => raw.write(sent));
      await expect(connectZmtp(address, { socketType: "ROUTER" })).rejects.toThrow(why);
      await expect(connectZmtp(address)).rejects.toMatchObject({ code: "PYROS_LINK", subject: address });
    },
  );

  it("tells a peer whose socket type does not fit", async () => {
    const door = await listen(freshAddress("ipc"));
    const raw = await connectRaw(door.address);
    raw.write(greeting, ready("PULL"));
    await until(() => raw.closed);
    expect(Buffer.concat(raw.chunks).includes("ERROR")).toBe(true);
  });

  it("is not waited for longer than handshakeTimeout, also when bytes keep dripping", async () => {
    const door = await listen(freshAddress("ipc"), { handshakeTimeout: 200 });
    const silent = await connectRaw(door.address);
    const slow = await connectRaw(door.address);
    let sent = 0;
    await until(() => {
      if (sent < 60) slow.write(greeting.subarray(sent, ++sent));
      return silent.closed && slow.closed;
    });
    expect(door.refused.map(({ message }) => message.replace(/^.*?: /, ""))).toEqual(Array(2).fill("no handshake within 200 ms"));
    await stillServes(door);
  });

  it("is not waited for by who connects", async () => {
    const address = await listenRaw(freshAddress("ipc"), () => {});
    await expect(connectZmtp(address, { handshakeTimeout: 50 })).rejects.toThrow(`${address}: no handshake within 50 ms`);
    const closing = await listenRaw(freshAddress("ipc"), (raw) => raw.stream.close());
    await expect(connectZmtp(closing)).rejects.toThrow(/ended during the handshake/);
  });

  it("is ended, the oldest first, when there are more than maxHalfOpen at once; peers in order get through", async () => {
    const door = await listen(freshAddress("ipc"), { maxHalfOpen: 4 });
    const raws: Raw[] = [];
    for (let i = 0; i < 10; i++) raws.push(await connectRaw(door.address));
    await until(() => door.refused.length === 6);
    await until(() => raws.slice(0, 6).every(({ closed }) => closed));
    expect(raws.slice(6).some(({ closed }) => closed)).toBe(false);
    expect(door.refused[0]!.message).toMatch(/more than 4 handshakes at once/);
    await stillServes(door);
    await door.listener.close();
    await until(() => raws.every(({ closed }) => closed));
  });
});

describe("a peer that does what it must not", () => {
  const cases: Record<string, [ZmtpListenOptions, Uint8Array, RegExp]> = {
    "a message that is too long": [{ maxMessage: 1000 }, longHead(0, 1001n), /message of 1001 bytes or more, and maxMessage is 1000/],
    "parts that are too long together": [{ maxMessage: 10 }, message(pattern(6), pattern(5)), /message of 11 bytes or more/],
    "a message of 2 ** 63 bytes": [{}, longHead(0, 2n ** 63n), /message of 9223372036854776000 bytes or more/],
    "more parts than there may be": [{ maxParts: 3 }, message(...Array.from({ length: 4 }, () => pattern(0))), /more than 3 parts/],
    "a command that is too long": [{ maxCommand: 600 }, longHead(4, 601n), /command of 601 bytes, and maxCommand is 600/],
    "a command with MORE": [{}, Uint8Array.of(5, 0), /flags 101/],
    "a long frame with flags that do not exist": [{}, longHead(0x80, 1n), /flags 10000010/],
    "a head with bad flags that is cut short": [{}, Uint8Array.of(0x42), /flags 1000010/],
    "a PING without a ttl": [{}, command("PING", pattern(1)), /PING that is none/],
    "a PING that is too long": [{}, command("PING", pattern(19)), /PING that is none/],
    "an error": [{}, command("ERROR", Uint8Array.of(3), bytes("500")), /it refused: 500/],
  };

  it.each(Object.entries(cases))("is closed with the reason: %s", async (_, [options, sent, why]) => {
    const { door, raw } = await intruder(options);
    raw.write(message(bytes("before")), sent);
    await until(() => door.guests[0]!.closed && raw.closed);
    const guest = door.guests[0]!;
    expect(guest.said).toEqual([["before"]]);
    expect(guest.closed!.reason!.message).toMatch(why);
    expect(guest.closed!.reason).toMatchObject({ code: "PYROS_LINK", subject: door.address });
    expect(guest.closes).toBe(1);
    await stillServes(door);
  });

  it.each([["a head", longHead(0, 9n).subarray(0, 5)], ["a body", message(pattern(300)).subarray(0, 100)], [
    "a message",
    Uint8Array.of(1, 0),
  ]])(
    "and ends inside %s: the reason says so",
    async (_, sent) => {
      const { door, raw } = await intruder();
      raw.write(sent);
      raw.stream.close();
      await until(() => door.guests[0]!.closed);
      expect(door.guests[0]!.closed!.reason!.message).toMatch(/ended inside a message/);
    },
  );

  it("takes limits to the byte: what is just allowed passes", async () => {
    const { door, raw } = await intruder({ maxMessage: 10, maxParts: 2, maxCommand: 600 });
    raw.write(message(pattern(6), pattern(4)), message(pattern(10)), command("LATER", pattern(600 - 6)), message(pattern(0), pattern(10)));
    await until(() => door.guests[0]!.messages.length === 3);
  });

  it("passes over commands that it does not know, and over subscriptions where nothing is published", async () => {
    const { door, raw } = await intruder();
    raw.write(command("SOMETHING", pattern(9)), command("SUBSCRIBE", bytes("x")), command("PONG"), command("READY"), message(bytes("x")));
    await until(() => door.guests[0]!.said.length === 1);
    expect(door.guests[0]!.subscriptions).toEqual([]);
  });

  it("accepts commands between the parts of a message, and long frames that could be short", async () => {
    const { door, raw } = await intruder();
    const [first, second] = [Uint8Array.of(1, 1, 65), Uint8Array.of(2, 0, 0, 0, 0, 0, 0, 0, 1, 66)];
    raw.write(first, command("PING", Uint8Array.of(0, 0), bytes("ctx")), second);
    await until(() => door.guests[0]!.said.length === 1);
    expect(door.guests[0]!.said).toEqual([["A", "B"]]);
    await until(() => Buffer.concat(raw.chunks).includes("PONGctx"));
  });

  it("gets no memory for what it only announces", async () => {
    const used = (): number => process.memoryUsage().arrayBuffers + process.memoryUsage().external;
    const { door, raw } = await intruder();
    const before = used();
    for (let i = 0; i < 4; i++) {
      const more = await connectRaw(door.address);
      more.write(opening, longHead(0, 256n * 1024n * 1024n), pattern(100));
    }
    raw.write(longHead(0, 256n * 1024n * 1024n), pattern(3 * mebibyte));
    await until(() => door.guests.length === 5);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(used() - before).toBeLessThan(60 * mebibyte);
    expect(door.guests.every(({ closed }) => closed === undefined)).toBe(true);
  });

  it("cannot have us pile up answers by asking and not reading", async () => {
    const door = await listen(freshAddress("ipc"));
    const deaf = createConnection(door.address.slice(6)); // nobody reads from it
    onTestFinished(() => void deaf.destroy());
    deaf.write(opening);
    await until(() => door.guests.length === 1);
    const pings = joined(...Array.from({ length: 1000 }, () => command("PING", Uint8Array.of(0, 0), pattern(16))));
    for (let i = 0; i < 300; i++) deaf.write(pings); // 7 MB of answers
    deaf.write(message(bytes("end")));
    await until(() => door.guests[0]!.said.length === 1);
    expect(door.guests[0]!.connection.buffered).toBeLessThanOrEqual(1.1 * mebibyte);
  });

  it("is given up when it falls silent, and not before", async () => {
    const { door, raw } = await intruder({ heartbeat: { interval: 20, timeout: 150 } });
    const end = performance.now() + 400;
    while (performance.now() < end) {
      raw.write(command("PONG")); // any traffic counts
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    expect(door.guests[0]!.closed).toBeUndefined();
    await until(() => door.guests[0]!.closed);
    expect(door.guests[0]!.closed!.reason!.message).toMatch(/silent for \d+ ms/);
    expect(Buffer.concat(raw.chunks).includes("PING")).toBe(true);
  });

  it("is not given up for what came while the loop was busy", async () => {
    const { door, raw } = await intruder({ heartbeat: { interval: 20, timeout: 100 } });
    await until(() => Buffer.concat(raw.chunks).includes("PING"));
    raw.write(command("PONG"));
    await Promise.resolve(); // it is written, and not read yet
    const busy = performance.now() + 300;
    while (performance.now() < busy);
    raw.write(message(bytes("alive")));
    await until(() => door.guests[0]!.said.length === 1 || door.guests[0]!.closed);
    expect(door.guests[0]!.closed).toBeUndefined();
  });
});

describe("listenZmtp() and connectZmtp()", () => {
  it.each(["tcp://0.0.0.0:*", "tcp://*:*", "tcp://[::]:*", "tcp://192.0.2.1:1"])(
    "refuses to listen at %s without CURVE",
    async (address) => {
      await expect(listen(address)).rejects.toThrow(`${address} can be reached from other machines: set the option curve`);
    },
  );

  it.each([
    [{ socketType: "STREAM" as "PAIR" }, /socketType is STREAM/],
    [{ identity: "x".repeat(256) }, /identity has 256 bytes/],
    [{ properties: { "a b": "" } }, /"a b" is no name/],
    [{ properties: { Identity: "" } }, /"Identity" is no name/],
    [{ properties: { X: "x".repeat(5000) } }, /properties have \d+ bytes, and 4096 are allowed/],
    [{ heartbeat: { interval: 0 } }, /heartbeat.interval is 0/],
    [{ heartbeat: { interval: 10, ttl: 7_000_000 } }, /heartbeat.ttl is 7000000/],
    [{ maxMessage: NaN }, /maxMessage is NaN/],
    [{ maxParts: 0 }, /maxParts is 0/],
    [{ handshakeTimeout: Infinity }, /handshakeTimeout is Infinity/],
  ])("refuses %j", async (options, why) => {
    await expect(listen(freshAddress("ipc"), options)).rejects.toThrow(why);
    await expect(connectZmtp("ipc:///nowhere", options)).rejects.toThrow(why);
  });
});
