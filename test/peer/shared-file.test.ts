import { mkdtempSync, readdirSync, rmSync, truncateSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { ProtocolError } from "../../src/errors.ts";
import { BulkIn, BulkOut } from "../../src/peer/bulk.ts";
import { type Envelope, kinds } from "../../src/peer/messages.ts";
import type { Peer } from "../../src/peer/peer.ts";
import { FileIn, FileOut, isGraphFolder } from "../../src/peer/shared-file.ts";
import { until } from "../conformance/harness.ts";

function graphFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "pyros-test-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

function bytes(size: number, seed = 0): Uint8Array {
  const all = new Uint8Array(size);
  for (let i = 0; i < size; i++) all[i] = i * 7 + seed;
  return all;
}

/** Two ends of a link whose envelopes arrive a turn later. */
function linked(folder: string | undefined, reads: (envelope: Envelope) => boolean = () => true) {
  const came: (readonly Uint8Array[])[] = [];
  const posted: Envelope[] = [];
  const errors: unknown[] = [];
  const there = { folder, reuse: () => {}, post: (envelope: Envelope) => setTimeout(() => out.read(envelope[1] as number)) };
  const into = new BulkIn(there as unknown as Peer);
  const take = (envelope: Envelope): void => {
    try {
      if (envelope[0] === kinds.file) return into.open(envelope.slice(1));
      const parts = into.take(envelope);
      if (parts !== undefined) came.push(parts);
    } catch (error) {
      errors.push(error);
    }
  };
  const post = (envelope: Envelope): void => {
    posted.push(envelope);
    setTimeout(() => {
      if (reads(envelope)) take(envelope);
      out.drained();
    });
  };
  const out = new BulkOut({ folder, post } as unknown as Peer, () => 0);
  onTestFinished(() => {
    out.end();
    into.clear();
  });
  return {
    out,
    into,
    came,
    posted,
    errors,
    inFile: () => posted.filter(([kind, , said]) => kind === kinds.bulk && typeof said === "number"),
  };
}

describe("a file that two engines share", () => {
  it("carries pieces in turn, and has no name once both have it open", () => {
    const folder = graphFolder();
    const out = new FileOut(folder);
    const into = new FileIn(folder, out.offer);
    onTestFinished(() => [out, into].forEach((end) => end.close()));
    out.read(0);
    expect(readdirSync(folder)).toEqual([]);
    for (let i = 0; i < 20; i++) {
      const piece = bytes(1000 * i + 1, i);
      out.write(piece);
      const target = new Uint8Array(piece.length + 2);
      into.read(target, 1, piece.length);
      out.read(1);
      expect(Buffer.compare(target.subarray(1, -1), piece)).toBe(0);
    }
  });

  it("has so many slots, and says when none is free", () => {
    const folder = graphFolder();
    const out = new FileOut(folder);
    const [, slots] = out.offer;
    for (let i = 0; i < slots; i++) {
      expect(out.free).toBe(true);
      out.write(bytes(10));
    }
    expect(out.free).toBe(false);
    out.read(1);
    expect(out.free).toBe(true);
    out.close();
    expect(readdirSync(folder)).toEqual([]);
  });

  it("lies in folders of graphs only, which are swept", () => {
    expect([isGraphFolder("/tmp/pyros-0123456789ab"), isGraphFolder("/tmp"), isGraphFolder("/home/pyros/x")]).toEqual([true, false, false]);
  });

  it.each([
    [["../../etc/passwd", 4, 1024]],
    [["bulk-0123456789abcdef/", 4, 1024]],
    [["bulk-0123456789abcdef", 0, 1024]],
    [["bulk-0123456789abcdef", 4, 2 ** 40]],
    [["bulk-0123456789abcdef", 4, 0.5]],
    [[1, 4, 1024]],
    [[]],
  ])("is none by another name, or of another size: %j", (offer) => {
    expect(() => new FileIn(graphFolder(), offer)).toThrow(ProtocolError);
  });

  it("that is shorter than was said ends the link", () => {
    const folder = graphFolder();
    const out = new FileOut(folder);
    const into = new FileIn(folder, out.offer);
    onTestFinished(() => [out, into].forEach((end) => end.close()));
    truncateSync(join(folder, out.offer[0]), 10);
    expect(() => into.read(new Uint8Array(100), 0, 100)).toThrow(ProtocolError);
  });
});

describe("large items of engines that share a folder", () => {
  it("go over a file, all but the first, and come whole", async () => {
    const { out, came, errors, inFile } = linked(graphFolder());
    const items = Array.from({ length: 12 }, (_, i) => [bytes(30, i), bytes(3_000_000 + i, i), bytes(70_000, i)]);
    const done: unknown[] = [];
    for (const parts of items) out.send(parts, (sent) => done.push(sent));
    await until(() => came.length === items.length);
    expect(errors).toEqual([]);
    expect(done).toEqual(items.map(() => true));
    const sorted = [...came].sort((a, b) => a[1]!.length - b[1]!.length);
    expect(sorted.every((parts, i) => parts.every((part, k) => Buffer.compare(part, items[i]![k]!) === 0))).toBe(true);
    expect(inFile().length).toBeGreaterThan(12);
  });

  it("give back their memory when the file has it, and not while the socket may use it", async () => {
    const { out, came } = linked(graphFolder());
    const unused: unknown[] = [];
    const send = (part: Uint8Array) => out.send([bytes(10), part], (_, parts) => unused.push(parts?.[1]));
    const [first, second] = [bytes(1_000_000), bytes(1_000_000, 1)];
    send(first);
    await until(() => came.length === 1);
    send(second);
    await until(() => came.length === 2);
    expect(unused).toEqual([undefined, second]);
  });

  it.each(["no folder", "another's folder", "a file that cannot be opened"])("go over the link where there is %s", async (what) => {
    const folder = what === "no folder" ? undefined : what === "another's folder" ? mkdtempSync(join(tmpdir(), "other-")) : graphFolder();
    if (what === "another's folder") onTestFinished(() => rmSync(folder!, { recursive: true }));
    const { out, came, errors, inFile } = linked(folder, ([kind, name]) => {
      if (kind === kinds.file) rmSync(join(folder!, name as string));
      return true;
    });
    for (let i = 0; i < 3; i++) out.send([bytes(1_000_000, i)], () => {});
    await until(() => came.length === 3);
    expect([errors, inFile()]).toEqual([[], []]);
    if (folder !== undefined) expect(readdirSync(folder)).toEqual([]);
  });

  it("wait for who reads slowly, with no more than the slots under way", async () => {
    let open = true;
    const { out, came, inFile, into } = linked(graphFolder(), ([kind, , said]) => open || kind !== kinds.bulk || typeof said !== "number");
    out.send([bytes(300_000)], () => {});
    await until(() => came.length === 1);
    open = false;
    out.send([bytes(20_000_000)], () => {});
    await until(() => inFile().length === 4);
    for (let i = 0; i < 20; i++) await new Promise((resolve) => setTimeout(resolve));
    expect(inFile().length).toBe(4);
    into.clear();
  });

  it("a piece is refused that is said to lie in a file that nobody has offered, or where no file can be", () => {
    const into = new BulkIn({ folder: undefined, post: () => {} } as unknown as Peer);
    expect(() => into.take([kinds.bulk, 1, 100, [100]])).toThrow(ProtocolError);
    expect(() => into.open(["bulk-0123456789abcdef", 4, 1024])).toThrow(ProtocolError);
    const near = new BulkIn({ folder: graphFolder(), post: () => {} } as unknown as Peer);
    near.open(["bulk-0123456789abcdef", 4, 1024]); // there is none: it says so, and the link stays
    expect(() => near.take([kinds.bulk, 1, 100, [100]])).toThrow(ProtocolError);
  });
});
