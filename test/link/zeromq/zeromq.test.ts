import { readdirSync } from "node:fs";
import { dirname } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import type { Connection, LinkLimits, Listener } from "../../../src/link/connection.ts";
import { type LinkName, linkOf } from "../../../src/link/links.ts";
import { until } from "../../conformance/harness.ts";
import { freshAddress } from "../bytes/support.ts";
import { bytes, pattern, texts } from "../zmtp/support.ts";
import { describeWhere, itWhere } from "../../setup/where.ts";

const onDeno = "Deno" in globalThis;
const usual: LinkLimits = { maxMessage: 2 ** 30, maxParts: 65_536, handshakeTimeout: 5_000 };

/** A connection, with all that it has told. */
interface Tapped {
  readonly connection: Connection;
  readonly messages: Uint8Array[][];
  readonly said: string[][];
  drains: number;
  closed: { readonly reason: Error | undefined } | undefined;
  closes: number;
}

function tap(connection: Connection): Tapped {
  const tapped: Tapped = { connection, messages: [], said: [], drains: 0, closed: undefined, closes: 0 };
  connection.onMessage = (parts) => {
    tapped.messages.push(parts);
    tapped.said.push(texts(parts));
  };
  connection.onDrain = () => tapped.drains++;
  connection.onClose = (reason) => {
    tapped.closed = { reason };
    tapped.closes++;
  };
  onTestFinished(() => connection.destroy());
  return tapped;
}

interface Pair {
  readonly listener: Listener;
  readonly guests: Tapped[];
  readonly here: Tapped;
  readonly there: Tapped;
  /** Connects once more. */
  connect(): Promise<Tapped>;
}

async function pair(listening: LinkName, connecting: LinkName, limits: LinkLimits = usual): Promise<Pair> {
  const [door, way] = [await linkOf(listening), await linkOf(connecting)];
  const guests: Tapped[] = [];
  const listener = await door.listen(freshAddress("ipc"), limits, (connection) => guests.push(tap(connection)));
  onTestFinished(() => listener.close());
  const connect = async () => tap(await way.connect(listener.address, limits));
  const here = await connect();
  await until(() => guests.length === 1);
  return { listener, guests, here, there: guests[0]!, connect };
}

const mixes = [["zeromq", "zeromq"], ["zeromq", "zmtp"], ["zmtp", "zeromq"]] as const;

describeWhere(!onDeno)("the link zeromq", () => {
  describe.each(mixes)("%s listens, and %s connects", (listening, connecting) => {
    it("carries messages both ways, in order", async () => {
      const { here, there } = await pair(listening, connecting);
      expect([there.connection.kind, here.connection.kind]).toEqual([listening, connecting]);
      const sent = Array.from({ length: 3000 }, (_, i) => [`${i}`]);
      for (const [text] of sent) {
        here.connection.send([bytes(text!)]);
        there.connection.send([bytes(text!)]);
      }
      await until(() => there.said.length === 3000 && here.said.length === 3000);
      expect([there.said, here.said]).toEqual([sent, sent]);
    });

    it("carries parts of any size, and gives memory that is plain and its owner's", async () => {
      const { here, there } = await pair(listening, connecting);
      const parts = [0, 1, 127, 128, 129, 255, 256, 16_384, 65_536, 0, 5_000_000, 3].map((size, i) => pattern(size, i));
      here.connection.send(parts);
      for (const part of parts) here.connection.send([part]);
      await until(() => there.messages.length === 1 + parts.length);
      const came = [...there.messages[0]!, ...there.messages.slice(1).map(([part]) => part!)];
      expect(came.map((part) => part.length)).toEqual([...parts, ...parts].map((part) => part.length));
      expect(came.every((part, i) => Buffer.compare(part, parts[i % parts.length]!) === 0)).toBe(true);
      const large = came.find(({ length }) => length === 5_000_000)!;
      expect(Object.getPrototypeOf(large)).toBe(Uint8Array.prototype);
      expect(structuredClone(large.buffer, { transfer: [large.buffer] }).byteLength).toBeGreaterThanOrEqual(5_000_000);
    });

    it("loses nothing that was sent before its owner had a turn, nor before the peer has closed", async () => {
      const [door, way] = [await linkOf(listening), await linkOf(connecting)];
      const listener = await door.listen(freshAddress("ipc"), usual, (connection) => {
        for (let i = 0; i < 100; i++) connection.send([bytes(`${i}`), pattern(10_000)]);
        connection.close();
      });
      onTestFinished(() => listener.close());
      for (let round = 0; round < 5; round++) {
        const here = tap(await way.connect(listener.address, usual));
        await until(() => here.closed);
        expect(here.said.map(([text]) => text)).toEqual(Array.from({ length: 100 }, (_, i) => `${i}`));
      }
    });

    it.each(["here", "there"] as const)("sends what was sent before close(), and both sides end without a reason: %s", async (side) => {
      const { here, there } = await pair(listening, connecting);
      const [one, other] = side === "here" ? [here, there] : [there, here];
      for (let i = 0; i < 40; i++) one.connection.send([pattern(500_000, i)]);
      one.connection.send([bytes("end")]);
      one.connection.close();
      one.connection.close();
      one.connection.send([bytes("too late")]);
      await until(() => one.closed && other.closed);
      expect(other.messages.length).toBe(41);
      expect(other.messages.slice(0, 40).every(([part], i) => Buffer.compare(part!, pattern(500_000, i)) === 0)).toBe(true);
      expect([one.closed, other.closed]).toEqual([{ reason: undefined }, { reason: undefined }]);
      one.connection.destroy();
      expect([one.closes, other.closes]).toEqual([1, 1]);
    });

    it.each(["here", "there"] as const)("destroys at once, and gives the reason to that side only: %s", async (side) => {
      const { here, there } = await pair(listening, connecting);
      const [one, other] = side === "here" ? [here, there] : [there, here];
      const reason = new Error("enough");
      one.connection.destroy(reason);
      await until(() => one.closed && other.closed);
      expect(one.closed).toEqual({ reason });
      expect([one.closes, other.closes]).toEqual([1, 1]);
    });

    it("tells what waits to be sent, and when it has left", async () => {
      const { here, there } = await pair(listening, connecting);
      for (const [one, other] of [[here, there], [there, here]] as const) {
        for (let i = 0; i < 64; i++) one.connection.send([pattern(1_000_000, i)]);
        expect(one.connection.buffered).toBeGreaterThan(16_000_000);
        expect(one.drains).toBe(0);
        await until(() => one.drains > 0);
        expect(one.connection.buffered).toBeLessThanOrEqual(65_536);
        await until(() => other.messages.length === 64 && one.connection.buffered === 0);
        expect(one.drains).toBe(1);
      }
    });

    it("keeps guests apart: one that is closed, or does not read, is no matter of the others", async () => {
      const { guests, here, connect } = await pair(listening, connecting);
      const [second, third] = [await connect(), await connect()];
      await until(() => guests.length === 3);
      const [first, other, last] = guests;
      first!.connection.send([bytes("to the first")]);
      last!.connection.send([bytes("to the third")]);
      other!.connection.close();
      await until(() => second.closed && here.said.length === 1 && third.said.length === 1);
      expect([here.said, third.said]).toEqual([[["to the first"]], [["to the third"]]]);
      here.connection.destroy();
      await until(() => first!.closed);
      expect(last!.closed).toBeUndefined();
      third.connection.send([bytes("still here")]);
      await until(() => last!.said.length === 1);
    });

    it("closes the listener: connections stay, nobody else comes in, and no file is left", async () => {
      const { listener, here, there, connect } = await pair(listening, connecting);
      const folder = dirname(listener.address.slice("ipc://".length));
      await listener.close();
      await expect(connect()).rejects.toMatchObject({ code: "PYROS_LINK", message: expect.stringContaining(listener.address) as string });
      here.connection.send([bytes("still here")]);
      await until(() => there.said.length === 1);
      here.connection.close();
      await until(() => there.closed);
      expect(readdirSync(folder)).toEqual([]);
    });

    it("refuses messages beyond its limits, and ends the connection", async () => {
      for (const parts of [[new Uint8Array(2001)], [new Uint8Array(1500), new Uint8Array(600)], Array<Uint8Array>(9).fill(bytes("x"))]) {
        const { here, there } = await pair(listening, connecting, { maxMessage: 2000, maxParts: 8, handshakeTimeout: 5_000 });
        here.connection.send([new Uint8Array(2000)]);
        here.connection.send(parts);
        await until(() => there.closed && here.closed);
        expect(there.messages.length).toBe(1);
      }
    });
  });

  it("says that nobody listens", async () => {
    const { connect } = await linkOf("zeromq");
    const address = freshAddress("ipc");
    await expect(connect(address, usual)).rejects.toThrow(`${address}: nobody listens there`);
  });

  it("listens at local addresses only", async () => {
    const { listen } = await linkOf("zeromq");
    await expect(listen("tcp://127.0.0.1:0", usual, () => {})).rejects.toThrow(/zeromq listens at ipc:\/\/ addresses only; take zmtp/);
  });
});

describe("linkOf()", () => {
  it("says which links there are", async () => {
    await expect(linkOf("carrier-pigeon" as never)).rejects.toThrow(/"carrier-pigeon"; there are zmtp, zeromq/);
  });

  itWhere(onDeno)("refuses zeromq on Deno, and says why", async () => {
    await expect(linkOf("zeromq")).rejects.toThrow(/does not work on Deno.*36317.*take zmtp/);
  });
});
