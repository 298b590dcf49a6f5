import { describe, expect, it } from "vitest";
import { giveSpare, takeSpare, worthKeeping } from "../../src/value/spare.ts";

describe("memory of copies that nobody uses any more", () => {
  it("is given out again, once, to whoever needs just that size", () => {
    const buffer = new ArrayBuffer(worthKeeping + 7);
    giveSpare(new Uint8Array(buffer));
    giveSpare(new Uint8Array(buffer));
    expect(takeSpare(worthKeeping + 8)).toBeUndefined();
    expect(takeSpare(worthKeeping + 7)).toBe(buffer);
    expect(takeSpare(worthKeeping + 7)).toBeUndefined();
  });

  it("is kept when it is worth it, and no more than 32 MiB of it", () => {
    giveSpare(new Uint8Array(worthKeeping - 1));
    expect(takeSpare(worthKeeping - 1)).toBeUndefined();
    const all = Array.from({ length: 20 }, () => new Uint8Array(2 ** 21));
    all.forEach(giveSpare);
    const back = Array.from({ length: 20 }, () => takeSpare(2 ** 21)).filter((buffer) => buffer !== undefined);
    expect(new Set(back).size).toBe(16);
    giveSpare(new Uint8Array(2 ** 25 + 1));
    expect(takeSpare(2 ** 25 + 1)).toBeUndefined();
    giveSpare(new Uint8Array(new ArrayBuffer(worthKeeping + 2), 1));
    expect(takeSpare(worthKeeping + 2)).toBeUndefined();
  });
});
