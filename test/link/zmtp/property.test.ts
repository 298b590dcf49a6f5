import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { LinkError } from "../../../src/errors.ts";
import { COMMAND, MORE } from "../../../src/link/zmtp/frame.ts";
import { FrameDecoder, type FrameHandler } from "../../../src/link/zmtp/decoder.ts";
import { makeCurveKeys } from "../../../src/link/zmtp/curve/keys.ts";
import { bytes, connect, type Door, freshAddress, listen, pattern, until } from "./support.ts";
import { command, connectRaw, greeting, joined, message, opening, ready } from "./raw.ts";

const part = fc.oneof(
  { weight: 5, arbitrary: fc.uint8Array({ maxLength: 40 }) },
  { weight: 1, arbitrary: fc.uint8Array({ minLength: 250, maxLength: 300 }) },
  { weight: 1, arbitrary: fc.nat(40_000).map((size) => new Uint8Array(size).fill(size)) },
);
const oneMessage = fc.array(part, { minLength: 1, maxLength: 5 });
const pieces = fc.array(fc.nat(2000), { minLength: 1, maxLength: 40 });

/** Cuts bytes; each piece has memory of its own, as if it had been read. */
function cut(whole: Uint8Array, sizes: readonly number[]): Uint8Array[] {
  const found: Uint8Array[] = [];
  let at = 0;
  for (let i = 0; at < whole.length; i++) {
    const size = 1 + sizes[i % sizes.length]!;
    found.push(whole.slice(at, at + size));
    at += size;
  }
  return found;
}

const hex = (parts: readonly Uint8Array[]): string[] => parts.map((one) => Buffer.from(one).toString("hex"));

describe("FrameDecoder", () => {
  /** What comes out, with frames as text. */
  function decode(chunks: readonly Uint8Array[]): string[] {
    const out: string[] = [];
    const handler: FrameHandler = {
      admit: (flags, size) => out.push(`${flags & ~2} ${size}`),
      frame: (flags, body) => out.push(`${flags & (MORE | COMMAND)} ${Buffer.from(body).toString("hex")}`),
    };
    const decoder = new FrameDecoder(handler);
    for (const chunk of chunks) decoder.push(chunk);
    out.push(`between ${decoder.between}`);
    return out;
  }

  it("gives the same frames, however the bytes are cut", () => {
    fc.assert(
      fc.property(fc.array(oneMessage, { maxLength: 6 }), pieces, fc.boolean(), (messages, sizes, ping) => {
        const stream = joined(...messages.flatMap((parts) => [message(...parts), ...(ping ? [command("PING", new Uint8Array(2))] : [])]));
        expect(decode(cut(stream, sizes))).toEqual(decode([stream]));
      }),
      { numRuns: 300 },
    );
  });

  it("gives the same frames when every byte comes alone", () => {
    fc.assert(fc.property(oneMessage, (parts) => {
      const stream = message(...parts.map((one) => one.subarray(0, 700)));
      expect(decode(cut(stream, [0]))).toEqual(decode([stream]));
    }));
  });

  it("gives the same frames when bytes are read into the place that it gives", () => {
    const sizes = fc.array(fc.oneof(fc.nat(300), fc.integer({ min: 60_000, max: 3_000_000 })), { minLength: 1, maxLength: 3 });
    fc.assert(
      fc.property(sizes, fc.array(fc.integer({ min: 1, max: 300_000 }), { minLength: 1, maxLength: 9 }), (lengths, reads) => {
        const stream = message(...lengths.map((length, i) => pattern(length, i)));
        const found: Uint8Array[] = [];
        let inPlace = 0;
        const decoder = new FrameDecoder({ admit: () => {}, frame: (_, body) => void found.push(body) });
        for (let at = 0, i = 0; at < stream.length; i++) {
          const place = decoder.room();
          const into = place ?? new Uint8Array(40_000);
          const count = Math.min(into.length, reads[i % reads.length]!, stream.length - at);
          into.set(stream.subarray(at, at + count));
          if (place !== undefined) inPlace++;
          decoder.push(into.subarray(0, count));
          at += count;
        }
        expect(found.map(({ length }) => length)).toEqual(lengths);
        expect(found.every((body, i) => Buffer.compare(body, pattern(lengths[i]!, i)) === 0)).toBe(true);
        if (lengths.some((length) => length > 150_000)) expect(inPlace).toBeGreaterThan(0);
      }),
      { numRuns: 40 },
    );
  });

  it("throws nothing but LinkError on bytes of any kind, and asks before it makes room", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 4000 }), pieces, (noise, sizes) => {
        const admitted: number[] = [];
        const decoder = new FrameDecoder({
          admit(_, size) {
            if (size > 3000) throw new LinkError("too much");
            admitted.push(size);
          },
          frame: (_, body) => expect(body.length).toBe(admitted.at(-1)),
        });
        try {
          for (const chunk of cut(noise, sizes)) decoder.push(chunk);
        } catch (error) {
          expect(error).toBeInstanceOf(LinkError);
        }
      }),
      { numRuns: 500 },
    );
  });

  it("holds what comes, and goes on where it was, wherever it is asked to", () => {
    fc.assert(
      fc.property(fc.array(oneMessage, { minLength: 1, maxLength: 5 }), pieces, fc.nat(10), (messages, sizes, holdAfter) => {
        const stream = joined(...messages.map((parts) => message(...parts)));
        const whole = decode([stream]).filter((line) => !line.startsWith("between"));
        const out: string[] = [];
        let frames = 0;
        let held = false;
        const decoder: FrameDecoder = new FrameDecoder({
          admit: (flags, size) => out.push(`${flags & ~2} ${size}`),
          frame(flags, body) {
            expect(held).toBe(false);
            out.push(`${flags & (MORE | COMMAND)} ${Buffer.from(body).toString("hex")}`);
            if (frames++ === holdAfter) {
              decoder.hold();
              held = true;
            }
          },
        });
        for (const chunk of cut(stream, sizes)) decoder.push(chunk);
        held = false;
        decoder.release();
        expect(out).toEqual(whole);
      }),
    );
  });
});

/** One listener for all runs of a property; what each run has left is destroyed at once. */
async function run(door: Door, chunks: readonly Uint8Array[]): Promise<{ said: string[][]; reason: Error | undefined; let: boolean }> {
  const [guests, refused] = [door.guests.length, door.refused.length];
  const raw = await connectRaw(door.address);
  for (const chunk of chunks) {
    raw.write(chunk);
    await Promise.resolve().then(() => Promise.resolve()); // so that it leaves on its own
  }
  raw.stream.close();
  await until(() => door.refused.length > refused || door.guests[guests]?.closed !== undefined);
  raw.stream.destroy();
  const guest = door.guests[guests];
  return { said: guest?.messages.map(hex) ?? [], reason: guest?.closed?.reason ?? door.refused[refused], let: guest !== undefined };
}

describe("a connection", () => {
  it("gives the same messages, however the bytes are cut, from the greeting on", async () => {
    const door = await listen(freshAddress("ipc"));
    await fc.assert(
      fc.asyncProperty(fc.array(oneMessage, { maxLength: 5 }), pieces, async (messages, sizes) => {
        const stream = joined(opening, ...messages.map((parts) => message(...parts)));
        const { said, reason } = await run(door, cut(stream, sizes));
        expect(reason).toBeUndefined();
        expect(said).toEqual(messages.map(hex));
      }),
      { numRuns: 60 },
    );
  });

  it("survives whatever is sent: valid bytes that were changed, cut short, repeated, or mixed with noise", async () => {
    const door = await listen(freshAddress("ipc"), { maxMessage: 100_000 });
    const valid = joined(
      greeting,
      ready("DEALER", ["Identity", bytes("me")]),
      message(bytes("a"), bytes("b")),
      command("PING", new Uint8Array(6)),
      message(new Uint8Array(500)),
      message(bytes("end")),
    );
    const change = fc.record({ at: fc.nat(valid.length - 1), byte: fc.nat(255), kind: fc.constantFrom("set", "insert", "cut", "repeat") });
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 4 }), pieces, async (changes, sizes) => {
        let stream = valid;
        for (const { at, byte, kind } of changes) {
          const [head, tail] = [stream.subarray(0, at), stream.subarray(at)];
          if (kind === "set") stream = joined(head, Uint8Array.of(byte), tail.subarray(1));
          else if (kind === "insert") stream = joined(head, Uint8Array.of(byte, byte), tail);
          else if (kind === "cut") stream = head;
          else stream = joined(stream, tail);
        }
        const { reason } = await run(door, cut(stream, sizes));
        if (reason !== undefined) expect(reason).toMatchObject({ code: "PYROS_LINK", subject: door.address });
      }),
      { numRuns: 150 },
    );
    const here = await connect(door.address);
    here.connection.send([bytes("still here")]);
    await until(() => door.guests.at(-1)!.said.length === 1);
  });

  it("survives noise, before and after the handshake", async () => {
    const door = await listen(freshAddress("ipc"), { maxMessage: 100_000 });
    await fc.assert(
      fc.asyncProperty(fc.boolean(), fc.uint8Array({ maxLength: 3000 }), pieces, async (open, noise, sizes) => {
        const { let: isIn } = await run(door, cut(open ? joined(opening, noise) : noise, sizes));
        expect(isIn).toBe(open);
      }),
      { numRuns: 100 },
    );
  });

  it("with CURVE lets nobody in who only has what others have sent", async () => {
    const [server, client] = await Promise.all([makeCurveKeys(), makeCurveKeys()]);
    const door = await listen(freshAddress("ipc"), { curve: { ...server, allow: () => true } });
    const { CurveClient } = await import("../../../src/link/zmtp/curve/client.ts");
    const { makeGreeting } = await import("../../../src/link/zmtp/greeting.ts");
    const { frameHead } = await import("../../../src/link/zmtp/frame.ts");
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 600 }), fc.nat(199), fc.boolean(), pieces, async (noise, at, whole, sizes) => {
        const [hello] = new CurveClient({ ...client, serverKey: server.publicKey }, new Uint8Array(0)).start();
        const first = whole ? hello! : joined(hello!.subarray(0, at), noise);
        const stream = joined(makeGreeting("CURVE", false), frameHead(COMMAND, first.length), first, command("INITIATE", noise), noise);
        const result = await run(door, cut(stream, sizes));
        expect(result.let).toBe(false);
        expect(result.reason).toMatchObject({ code: "PYROS_LINK" });
      }),
      { numRuns: 40 },
    );
  });
});
