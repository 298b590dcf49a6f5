import { MessageChannel, type MessagePort, Worker } from "node:worker_threads";
import { afterEach, describe, expect, it } from "vitest";
import { PortConnection } from "../../src/link/port.ts";

const KiB = 1024;
const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
const decode = (part: Uint8Array): string => new TextDecoder().decode(part);

/** A connection with what came to it. */
class Side {
  readonly connection: PortConnection;
  readonly got: Uint8Array[][] = [];
  readonly closed: (Error | undefined)[] = [];
  drains = 0;
  #wake: () => void = () => {};

  constructor(port: MessagePort) {
    this.connection = new PortConnection(port);
    this.connection.onMessage = (parts) => {
      this.got.push(parts);
      this.#wake();
    };
    this.connection.onDrain = () => {
      this.drains += 1;
      this.#wake();
    };
    this.connection.onClose = (reason) => {
      this.closed.push(reason);
      this.#wake();
    };
  }

  texts(): string[][] {
    return this.got.map((parts) => parts.map(decode));
  }

  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => (this.#wake = resolve));
  }
}

const open: Side[] = [];
afterEach(() => {
  for (const side of open.splice(0)) side.connection.destroy();
});

/** Two sides of one channel, and how many values went from the first to the second. */
function pair(): { a: Side; b: Side; posts: () => number } {
  const { port1, port2 } = new MessageChannel();
  let posts = 0;
  const post = port1.postMessage.bind(port1);
  port1.postMessage = (value: unknown, transfer?: readonly never[]): void => {
    posts += 1;
    // As they travel: typed arrays are slow on Deno.
    expect([value].flat().every((item) => item instanceof ArrayBuffer)).toBe(true);
    post(value, transfer);
  };
  const sides = { a: new Side(port1), b: new Side(port2), posts: () => posts };
  open.push(sides.a, sides.b);
  return sides;
}

describe("PortConnection", () => {
  it("carries messages of any number of parts, in order", async () => {
    const { a, b } = pair();
    a.connection.send([encode("one")]);
    a.connection.send([encode(""), encode("two"), encode("")]);
    b.connection.send([encode("back")]);
    await b.until(() => b.got.length === 2);
    a.connection.send([new Uint8Array(0)]);
    await b.until(() => b.got.length === 3);
    await a.until(() => a.got.length === 1);
    expect(b.texts()).toEqual([["one"], ["", "two", ""], [""]]);
    expect(a.texts()).toEqual([["back"]]);
  });

  it("posts what was sent in one turn as one", async () => {
    const { a, b, posts } = pair();
    for (let i = 0; i < 1000; i += 1) a.connection.send([encode(String(i)), new Uint8Array(i % 100 === 0 ? 20 * KiB : 1)]);
    await b.until(() => b.got.length === 1000);
    expect(posts()).toBe(1);
    expect(b.got.map(([first]) => decode(first))).toEqual(Array.from({ length: 1000 }, (_, i) => String(i)));
    expect(b.got.map(([, second]) => second.length)).toEqual(Array.from({ length: 1000 }, (_, i) => (i % 100 === 0 ? 20 * KiB : 1)));
  });

  it("sends early what is too much to wait for the end of a turn", async () => {
    const { a, b, posts } = pair();
    for (let i = 0; i < 40; i += 1) a.connection.send([new Uint8Array(1024 * KiB)]);
    expect(posts()).toBe(2);
    await b.until(() => b.got.length === 40);
  });

  it("keeps every byte, around the size from which a part travels by itself", async () => {
    const { a, b } = pair();
    const sizes = [0, 1, 3, 4, 16 * KiB - 1, 16 * KiB, 16 * KiB + 1, 3_000_001];
    const parts = sizes.map((size, seed) => Uint8Array.from({ length: size }, (_, i) => (i * 7 + seed) & 255));
    a.connection.send(parts);
    a.connection.send([parts[7], parts[2]]);
    await b.until(() => b.got.length === 2);
    expect(b.got[0].map((part, i) => part.length === sizes[i] && Buffer.compare(part, parts[i]) === 0)).not.toContain(false);
    expect(Buffer.compare(b.got[1][0], parts[7])).toBe(0);
    expect(parts.map(({ length }) => length)).toEqual(sizes);
  });

  it("carries only the range of a view, and never the pool of a Buffer", async () => {
    const { a, b } = pair();
    const pooled = Buffer.from("pooled");
    expect(pooled.buffer.byteLength).toBeGreaterThan(6);
    const wide = new Uint8Array(100 * KiB).fill(1);
    const middle = wide.subarray(10, 10 + 20 * KiB).fill(2);
    a.connection.send([pooled, middle, Buffer.alloc(20 * KiB, 3), new Uint8Array(new SharedArrayBuffer(17 * KiB)).fill(4)], true);
    await b.until(() => b.got.length === 1);
    const [text, range, zeros, shared] = b.got[0];
    expect(decode(text)).toBe("pooled");
    expect([range.length, range.buffer.byteLength, new Set(range)]).toEqual([20 * KiB, 20 * KiB, new Set([2])]);
    expect([zeros.length, new Set(zeros)]).toEqual([20 * KiB, new Set([3])]);
    expect([shared.length, shared.buffer.constructor, new Set(shared)]).toEqual([17 * KiB, ArrayBuffer, new Set([4])]);
    // Neither the pool nor the wide buffer was detached.
    expect([pooled.length, wide.length]).toEqual([6, 100 * KiB]);
  });

  it("hands memory over where it is asked to, in the turn in which it is sent", async () => {
    const { a, b } = pair();
    const small = new Uint8Array([1, 2, 3]);
    const large = new Uint8Array(1024 * KiB).fill(9);
    a.connection.send([small, large], true);
    expect([small.length, large.length]).toEqual([0, 0]);
    await b.until(() => b.got.length === 1);
    const [first, second] = b.got[0];
    expect([...first]).toEqual([1, 2, 3]);
    expect([second.length, second[0], second[1024 * KiB - 1]]).toEqual([1024 * KiB, 9, 9]);
    // They can be handed on.
    expect([first.buffer.byteLength, second.buffer.byteLength]).toEqual([3, 1024 * KiB]);
  });

  it("counts what the other side has not taken, and tells when it has", async () => {
    const { a, b } = pair();
    a.connection.send([new Uint8Array(60 * KiB)]);
    expect(a.connection.buffered).toBeGreaterThan(60 * KiB);
    expect(a.connection.buffered).toBeLessThan(61 * KiB);
    for (let i = 0; i < 10; i += 1) a.connection.send([new Uint8Array(60 * KiB)]);
    expect(a.connection.buffered).toBeGreaterThan(660 * KiB);
    await b.until(() => b.got.length === 11);
    await a.until(() => a.drains > 0);
    expect(a.connection.buffered).toBeLessThanOrEqual(64 * KiB);
    expect(a.drains).toBe(1);
    // The rest is told with the first thing that is sent.
    b.connection.send([encode("hello")]);
    await a.until(() => a.got.length === 1);
    expect(a.connection.buffered).toBe(0);
    expect(a.drains).toBe(1);
  });

  it("counts empty messages too, so that they cannot pile up unseen", () => {
    const { a } = pair();
    for (let i = 0; i < 1000; i += 1) a.connection.send([new Uint8Array(0)]);
    expect(a.connection.buffered).toBeGreaterThanOrEqual(4000);
  });

  it("close() sends what was sent before, and ends both sides cleanly", async () => {
    const { a, b } = pair();
    a.connection.send([encode("last")]);
    a.connection.close();
    a.connection.close();
    a.connection.send([encode("lost")]);
    expect(a.closed).toEqual([]);
    await b.until(() => b.closed.length > 0);
    await a.until(() => a.closed.length > 0);
    expect([a.closed, b.closed, b.texts()]).toEqual([[undefined], [undefined], [["last"]]]);
    b.connection.send([encode("lost")]);
    b.connection.destroy(new Error("late"));
    await new Promise(setImmediate);
    expect([a.closed.length, b.closed.length, a.got.length]).toEqual([1, 1, 0]);
  });

  it("takes nothing more once its owner has closed it inside a message", async () => {
    const { a, b } = pair();
    b.connection.onMessage = (parts) => {
      b.got.push(parts);
      b.connection.close();
    };
    a.connection.send([encode("one")]);
    a.connection.send([encode("two")]);
    await b.until(() => b.closed.length > 0);
    await a.until(() => a.closed.length > 0);
    expect([b.texts(), a.closed]).toEqual([[["one"]], [undefined]]);
  });

  it("destroy() gives its owner the reason, and the other side one of its own", async () => {
    const { a, b } = pair();
    const reason = new Error("enough");
    a.connection.destroy(reason);
    await b.until(() => b.closed.length > 0);
    await a.until(() => a.closed.length > 0);
    expect(a.closed).toEqual([reason]);
    expect(b.closed).toEqual([expect.objectContaining({ message: expect.stringMatching(/ended without closing/) })]);
  });

  it("closes where something else arrives", async () => {
    for (const value of ["text", null, undefined, [], 7, {}, new ArrayBuffer(3), [new ArrayBuffer(12), "text"]]) {
      const { port1, port2 } = new MessageChannel();
      const side = new Side(port1);
      open.push(side);
      port2.postMessage(value);
      await side.until(() => side.closed.length > 0);
      expect(side.closed[0]?.message).toMatch(/something else than a batch/);
      port2.close();
    }
  });

  it("closes where the sizes of a batch are wrong", async () => {
    for (const words of [[1e9, 0, 0], [4, 0, 0, 5], [5, 0, 0, 1, 100], [5, 0, 0, 1, 0xffff_ffff]]) {
      const { port1, port2 } = new MessageChannel();
      const side = new Side(port1);
      open.push(side);
      port2.postMessage(new Uint32Array(words).buffer);
      await side.until(() => side.closed.length > 0);
      expect(side.closed[0]?.message).toMatch(/something else than a batch/);
      port2.close();
    }
  });

  describe("with a thread", () => {
    function start(deed: string): { side: Side; worker: Worker } {
      const { port1, port2 } = new MessageChannel();
      const worker = new Worker(new URL("./port/echo.mjs", import.meta.url), { workerData: { port: port2, deed }, transferList: [port2] });
      const side = new Side(port1);
      open.push(side);
      return { side, worker };
    }

    it("carries messages", async () => {
      const { side, worker } = start("echo");
      const large = new Uint8Array(2_000_000).fill(7);
      side.connection.send([encode("ping"), large]);
      await side.until(() => side.got.length === 1);
      expect([decode(side.got[0][0]), Buffer.compare(side.got[0][1], large)]).toEqual(["ping", 0]);
      await worker.terminate();
    });

    it("closes when the thread ends by itself", async () => {
      const { side } = start("die");
      side.connection.send([encode("x")]);
      await side.until(() => side.closed.length > 0);
      expect(side.closed[0]).toBeInstanceOf(Error);
    });

    it("closes when the thread is ended", async () => {
      const { side, worker } = start("echo");
      side.connection.send([encode("x")]);
      await side.until(() => side.got.length === 1);
      await worker.terminate();
      await side.until(() => side.closed.length > 0);
      expect(side.closed[0]).toBeInstanceOf(Error);
    });
  });
});
