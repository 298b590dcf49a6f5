import { describe, expect, it } from "vitest";
import { ProtocolError } from "../../src/errors.ts";
import { BulkIn, BulkOut } from "../../src/peer/bulk.ts";
import type { Envelope } from "../../src/peer/messages.ts";
import type { Peer } from "../../src/peer/peer.ts";

const turn = () => new Promise((resolve) => setTimeout(resolve));

/** What is given to a link, one end of which is looked at. */
function link(calls = () => 0) {
  const posted: Envelope[] = [];
  const out = new BulkOut({ post: (envelope: Envelope) => void posted.push(envelope) } as unknown as Peer, calls);
  return { posted, out };
}

const parts = (...sizes: number[]) => sizes.map((size, i) => Uint8Array.from({ length: size }, (_, at) => (at * 7 + i) & 255));
const largest = (posted: readonly Envelope[]) => Math.max(...posted.map(([, , chunk]) => (chunk as Uint8Array).length));

describe("items in chunks", () => {
  it("arrive as they were, of any number of parts", async () => {
    const { posted, out } = link();
    const sent = parts(10, 300_000, 128 * 1024, 1);
    let done: boolean | undefined;
    out.send(sent, (all) => (done = all));
    while (done === undefined) {
      await turn();
      out.drained();
    }
    expect(done).toBe(true);
    expect(largest(posted)).toBeLessThanOrEqual(256 * 1024);
    const into = new BulkIn();
    const came = posted.map((envelope) => into.take(envelope));
    expect(came.slice(0, -1).every((one) => one === undefined)).toBe(true);
    expect(came.at(-1)).toEqual(sent);
  });

  it("wait for the link before the next chunk, and take turns", async () => {
    const { posted, out } = link();
    out.send(parts(1_000_000), () => {});
    out.send(parts(1_000_000), () => {});
    await turn();
    expect(posted.length).toBe(1);
    for (let i = 0; i < 6; i++) out.drained();
    expect(posted.map(([, id]) => id)).toEqual([1, 2, 1, 2, 1, 2, 1]);
  });

  it("go in larger chunks when no call has come for a while, and in small ones again when one has", async () => {
    let calls = 0;
    const { posted, out } = link(() => calls);
    out.send(parts(10_000_000), () => {});
    await turn();
    const next = () => (out.drained(), (posted.at(-1)![2] as Uint8Array).length);
    const sizes = Array.from({ length: 7 }, next);
    expect(sizes).toEqual([...new Array<number>(6).fill(2 ** 17), 2 ** 20]);
    calls++;
    expect([next(), next()]).toEqual([2 ** 17, 2 ** 17]);
  });

  it("go out at once when they have to", () => {
    const { posted, out } = link();
    let done: boolean | undefined;
    const transfer = out.send(parts(1_000_000), (all) => (done = all))!;
    out.finish(transfer);
    expect(done).toBe(true);
    expect(posted.reduce((sum, [, , chunk]) => sum + (chunk as Uint8Array).length, 0)).toBe(1_000_000);
  });

  it("tell when the link has broken before they were out, and leave nothing at the other side", async () => {
    const { posted, out } = link();
    let done: boolean | undefined;
    out.send(parts(1_000_000), (all) => (done = all));
    await turn();
    out.linkLost();
    expect(done).toBe(false);
    const into = new BulkIn();
    into.take(posted[0]!);
    into.clear();
    expect(into.take([23, 1, new Uint8Array(10)])).toBeUndefined();
  });

  it("are refused when they are more than announced, or announce too much", () => {
    const into = new BulkIn();
    const refused: readonly unknown[] = [[-1], [0.5], [2 ** 40], [], "x", new Array(2000).fill(1)];
    for (const sizes of refused) expect(() => into.take([23, 1, new Uint8Array(1), sizes])).toThrow(ProtocolError);
    expect(() => into.take([23, 1, new Uint8Array(11), [10]])).toThrow(ProtocolError);
    expect(into.take([23, 9, new Uint8Array(11)])).toBeUndefined();
  });

  it("are too large to be sent from some size on", () => {
    const { out } = link();
    const part = new Uint8Array(100 * 2 ** 20);
    expect(out.send([part, part, part], () => {})).toBeUndefined();
  });
});
