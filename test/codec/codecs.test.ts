import { describe, expect, it } from "vitest";
import { codecOf } from "../../src/codec/codecs.ts";
import { CodecError } from "../../src/errors.ts";

describe("codecOf()", () => {
  it("finds the codecs that come with Pyros by name", async () => {
    for (const name of ["cbor", "json", "msgpack"]) expect((await codecOf(name)).name).toBe(name);
  });

  it("says which there are, if there is none of that name", async () => {
    const error = await codecOf("pickle").catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(CodecError);
    expect(error).toMatchObject({ code: "PYROS_CODEC", subject: "pickle" });
    expect((error as Error).message).toMatch(/"pickle"; there are cbor, json, msgpack/);
  });
});
