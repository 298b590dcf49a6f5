import { PassThrough } from "node:stream";
import { describe, expect, it } from "vitest";
import { readLines } from "../../src/host/lines.ts";

describe("readLines", () => {
  it("puts lines and characters together that come in pieces", async () => {
    const stream = new PassThrough();
    const lines: string[] = [];
    const ended = readLines(stream, (line) => lines.push(line));
    for (const byte of Buffer.from("aü\r\n\n€b")) stream.write(Buffer.of(byte));
    stream.end();
    await ended;
    expect(lines).toEqual(["aü", "", "€b"]);
  });

  it("keeps no more than a piece of a line that does not end", async () => {
    const stream = new PassThrough();
    let told = 0;
    const ended = readLines(stream, (line) => (told += line.length));
    for (let sent = 0; sent < 100; sent += 1) {
      stream.write("x".repeat(10_000));
      await new Promise(setImmediate);
      expect((sent + 1) * 10_000 - told).toBeLessThanOrEqual(16 * 1024);
    }
    stream.end();
    await ended;
    expect(told).toBe(1_000_000);
  });

  it("ends with a stream that breaks", async () => {
    const stream = new PassThrough();
    const lines: string[] = [];
    const ended = readLines(stream, (line) => lines.push(line));
    stream.write("half");
    await new Promise(setImmediate);
    stream.destroy(new Error("broken"));
    await ended;
    expect(lines).toEqual(["half"]);
  });
});
