import { describe, expect, it } from "vitest";
import { connectZmtp } from "../../../src/link/zmtp/connect.ts";
import { listenZmtp } from "../../../src/link/zmtp/listen.ts";
import { turns } from "../../conformance/harness.ts";
import { bytes, connect, freshAddress, listen, pair, pattern, tap, text, until } from "./support.ts";

describe.each(["ipc", "tcp"] as const)("ZMTP between two of us over %s", (kind) => {
  it("carries messages both ways, in order", async () => {
    const { here, there } = await pair(freshAddress(kind));
    for (let i = 0; i < 1000; i++) here.connection.send([bytes(`${i}`)]);
    there.connection.send([bytes("back")]);
    await until(() => there.said.length === 1000 && here.said.length === 1);
    expect(there.said).toEqual(Array.from({ length: 1000 }, (_, i) => [`${i}`]));
    expect(here.said).toEqual([["back"]]);
  });

  it("carries parts of any size: none, 255, 256, around the limit for copying, and megabytes", async () => {
    const { here, there } = await pair(freshAddress(kind));
    const sizes = [0, 1, 255, 256, 16_383, 16_384, 16_385, 65_536, 0, 5_000_000, 3];
    const parts = sizes.map((size, i) => pattern(size, i));
    here.connection.send(parts);
    for (const part of parts) here.connection.send([part]);
    await until(() => there.messages.length === 1 + parts.length);
    expect(there.messages[0]!.map((part) => part.length)).toEqual(sizes);
    const same = (a: Uint8Array, b: Uint8Array) => Buffer.compare(a, b) === 0;
    expect(there.messages[0]!.every((part, i) => same(part, parts[i]!))).toBe(true);
    expect(there.messages.slice(1).every(([part], i) => same(part!, parts[i]!))).toBe(true);
  });

  it("gives memory that nobody writes into any more, and plain Uint8Arrays", async () => {
    const { here, there } = await pair(freshAddress(kind));
    const seen: string[] = [];
    for (let i = 0; i < 300; i++) {
      here.connection.send([pattern(500, i)]);
      if (i % 50 === 0) await until(() => there.messages.length === i + 1);
    }
    await until(() => there.messages.length === 300);
    for (const [part] of there.messages) seen.push(Buffer.from(part!).toString("hex"));
    expect(seen).toEqual(Array.from({ length: 300 }, (_, i) => Buffer.from(pattern(500, i)).toString("hex")));
    expect(Object.getPrototypeOf(there.messages[0]![0]!)).toBe(Uint8Array.prototype);
  });

  it("tells each who the other is", async () => {
    const { here, there } = await pair(
      freshAddress(kind),
      { properties: { "X-Place": "there" } },
      { identity: "me", properties: { "X-Place": "here" } },
    );
    expect([here.connection.peer.socketType, there.connection.peer.socketType]).toEqual(["ROUTER", "DEALER"]);
    expect(text(there.connection.peer.identity)).toBe("me");
    expect(text(there.connection.peer.properties.get("x-place")!)).toBe("here");
    expect(text(here.connection.peer.properties.get("x-place")!)).toBe("there");
  });

  it("loses nothing that was sent before its owner had a turn, not even when the peer has closed", async () => {
    const door = await listenZmtp(freshAddress(kind), {}, (connection) => {
      connection.send([bytes("at once")]);
      connection.close();
    });
    try {
      const here = tap(await connectZmtp(door.address));
      await until(() => here.closed);
      expect(here.said).toEqual([["at once"]]);
      expect(here.closed!.reason).toBeUndefined();
    } finally {
      await door.close();
    }
  });

  it("sends what was sent before close(), however much, and both sides end without a reason, once", async () => {
    const { here, there } = await pair(freshAddress(kind));
    const large = pattern(8_000_000);
    here.connection.send([large, bytes("end")]);
    here.connection.close();
    here.connection.close();
    here.connection.send([bytes("too late")]);
    await until(() => here.closed && there.closed);
    expect(there.messages.length).toBe(1);
    expect(Buffer.compare(there.messages[0]![0]!, large)).toBe(0);
    expect([here.closed, there.closed]).toEqual([{ reason: undefined }, { reason: undefined }]);
    here.connection.destroy();
    expect([here.closes, there.closes]).toEqual([1, 1]);
  });

  it("destroys at once, and gives the reason to this side only", async () => {
    const { here, there } = await pair(freshAddress(kind));
    const reason = new Error("enough");
    here.connection.destroy(reason);
    expect(here.closed).toEqual({ reason });
    await until(() => there.closed);
    expect([here.closes, there.closes]).toEqual([1, 1]);
  });

  it("tells what waits to be sent, and when it has left", async () => {
    const { here, there } = await pair(freshAddress(kind));
    const megabytes = 16;
    for (let i = 0; i < megabytes; i++) here.connection.send([pattern(1_000_000, i)]);
    expect(here.connection.buffered).toBeGreaterThan(megabytes * 1_000_000);
    expect(here.drains).toBe(0);
    await until(() => here.drains > 0);
    expect(here.connection.buffered).toBeLessThanOrEqual(65_536);
    await until(() => there.messages.length === megabytes && here.connection.buffered === 0);
    here.connection.send([bytes("small")]);
    await until(() => there.messages.length === megabytes + 1);
    expect(here.drains).toBe(1);
  });

  it("keeps small messages as they are while earlier ones are still being written", async () => {
    const { here, there } = await pair(freshAddress(kind));
    let sent = 0;
    const send = (count: number): void => {
      for (let i = 0; i < count; i++) here.connection.send([bytes(`${sent++}`.padStart(100, "."))]);
    };
    send(30_000); // more than is handed to the system at once
    for (let turn = 0; turn < 20; turn++) {
      await turns(1);
      send(1_000);
    }
    await until(() => there.said.length === sent);
    expect(there.said.every(([said], i) => Number(said!.replaceAll(".", "")) === i)).toBe(true);
  });

  it("asks for signs of life, and gives them", async () => {
    const heartbeat = { interval: 5, timeout: 60_000, ttl: 60_000 }; // so long that a timer that is left would be found
    const { here, there } = await pair(freshAddress(kind), { heartbeat }, { heartbeat });
    await new Promise((resolve) => setTimeout(resolve, 200)); // some forty rounds
    expect([here.closed, there.closed]).toEqual([undefined, undefined]);
    here.connection.send([bytes("alive")]);
    await until(() => there.said.length === 1);
  });

  it("closes the listener, and connections stay", async () => {
    const { door, here, there } = await pair(freshAddress(kind));
    await door.listener.close();
    await expect(connectZmtp(door.address)).rejects.toMatchObject({ code: "PYROS_LINK" });
    here.connection.send([bytes("still here")]);
    await until(() => there.said.length === 1);
  });

  it("connects again after the peer has gone and come back", async () => {
    const first = await pair(freshAddress(kind));
    await first.door.listener.close();
    first.there.connection.destroy();
    await until(() => first.here.closed);
    const again = await pair(first.door.address);
    again.here.connection.send([bytes("again")]);
    await until(() => again.there.said.length === 1);
  });

  it.each(
    [
      ["PUSH", "PULL", true],
      ["PAIR", "PAIR", true],
      ["DEALER", "DEALER", true],
      ["REQ", "REP", true],
      ["ROUTER", "ROUTER", true],
      ["PUSH", "ROUTER", false],
      ["PUB", "PULL", false],
      ["REQ", "DEALER", false],
    ] as const,
  )("lets %s talk with %s: %s", async (connecting, listening, may) => {
    const door = await listen(freshAddress(kind), { socketType: listening });
    const attempt = connect(door.address, { socketType: connecting });
    if (!may) {
      await expect(attempt).rejects.toThrow(new RegExp(`${door.address}.*(${listening} does not talk|it is a ${listening})`));
      await until(() => door.refused.length === 1);
      expect(door.refused[0]!.message).toMatch(/talks with|does not talk|ended/);
      return;
    }
    const here = await attempt;
    await until(() => door.guests.length === 1);
    here.connection.send([bytes("hello")]);
    await until(() => door.guests[0]!.said.length === 1);
  });

  it("reports subscriptions to a publisher", async () => {
    const { here, there } = await pair(freshAddress(kind), { socketType: "PUB" }, { socketType: "SUB" });
    here.connection.subscribe(bytes("a"));
    here.connection.subscribe(bytes(""));
    here.connection.cancel(bytes("a"));
    await until(() => there.subscriptions.length === 3);
    expect(there.subscriptions).toEqual(["+a", "+", "-a"]);
    there.connection.send([bytes("a1")]);
    await until(() => here.said.length === 1);
  });

  it("writes what is sent in one turn at once", async () => {
    const { here, there } = await pair(freshAddress(kind));
    let turnsWithMessages = 0;
    let last = -1;
    let turn = 0;
    there.connection.onMessage = (parts) => {
      there.said.push([text(parts[0]!)]);
      if (turn !== last) turnsWithMessages++;
      last = turn;
    };
    for (let i = 0; i < 100; i++) here.connection.send([bytes(`${i}`)]);
    while (there.said.length < 100) {
      turn++;
      await turns(1);
    }
    expect(turnsWithMessages).toBe(1);
  });
});
