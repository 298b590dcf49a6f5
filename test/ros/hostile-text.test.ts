import { describe, expect, it } from "vitest";
import { RosError } from "pyros";
import { Glob } from "../../systems/ros/bridge/glob.ts";
import { parseDefinition, splitDefinitions } from "../../systems/ros/message/definition.ts";
import { typeOfText } from "../../systems/ros/message/type.ts";
import { readCall } from "../../systems/ros/xmlrpc/read.ts";
import { largestDocument } from "../../systems/ros/xmlrpc/value.ts";
import { ownMaster } from "./support.ts";

/** What takes a time that grows with the square of the length takes minutes. */
const soon = 5000; // ms

function within<T>(run: () => T): T {
  const start = performance.now();
  try {
    return run();
  } finally {
    expect(performance.now() - start).toBeLessThan(soon);
  }
}

/** A document of the largest size, with something in its only value. */
function document(inner: (room: number) => string): string {
  const [before, after] = ["<methodCall><methodName>m</methodName><params><param><value>", "</value></param></params></methodCall>"];
  const text = `${before}${inner(largestDocument - before.length - after.length - 64)}${after}`;
  expect(text.length).toBeLessThanOrEqual(largestDocument);
  return text;
}

describe("XML-RPC of the largest size that is read", () => {
  it("does not hold up a master, whatever a number looks like", async () => {
    const address = await ownMaster();
    const start = performance.now();
    const body = document((room) => `<double>${"1".repeat(room)}x</double>`);
    expect(await (await fetch(address, { method: "POST", body })).text()).toContain("&lt;double&gt; cannot be");
    expect(performance.now() - start).toBeLessThan(soon);
  });

  it.each<[string, (room: number) => string]>([
    ["digits", (room) => `<double>${"1".repeat(room)}x</double>`],
    ["digits behind a point", (room) => `<double>.${"1".repeat(room)}x</double>`],
    ["an exponent", (room) => `<double>1e${"1".repeat(room)}x</double>`],
    ["a whole number", (room) => `<int>${"1".repeat(room)}x</int>`],
    ["a date", (room) => `<dateTime.iso8601>${"1".repeat(room)}</dateTime.iso8601>`],
    ["base64 that is none", (room) => `<base64>${"!".repeat(room)}</base64>`],
    ["white space", (room) => `<boolean>${" ".repeat(room / 2)}x${" ".repeat(room / 2)}</boolean>`],
    ["a tag", (room) => `<${"a".repeat(room / 2 - 2)}></${"a".repeat(room / 2 - 2)}>`],
    ["a tag that does not end", (room) => `<${"a".repeat(room)}`],
    ["tags that do not end", (room) => "<value".repeat(room / 6)],
    ["ampersands", (room) => "&".repeat(room)],
    ["a reference that does not end", (room) => `&${"a".repeat(room)}`],
    ["comments that do not end", (room) => "<!--".repeat(room / 4)],
    ["CDATA that does not end", (room) => "<![CDATA[".repeat(room / 9)],
  ])("%s: refused soon, in few words", (_, inner) => {
    const text = document(inner);
    const refused = within(() => {
      try {
        return readCall(text);
      } catch (error) {
        return error;
      }
    });
    expect(refused).toBeInstanceOf(RosError);
    expect((refused as RosError).message.length).toBeLessThan(300);
  });

  it.each<[string, (room: number) => string]>([
    ["references", (room) => "&amp;".repeat(room / 5)],
    ["comments", (room) => "<!---->".repeat(room / 7)],
    ["CDATA", (room) => "<![CDATA[]]>".repeat(room / 12)],
    ["base64", (room) => `<base64>${"A=\n".repeat(room / 3)}</base64>`],
    ["values", (room) => `<array><data>${"<value/>".repeat(room / 8)}</data></array>`],
    ["members", (room) => `<struct>${"<member><name/><value/></member>".repeat(room / 32)}</struct>`],
  ])("%s: read soon", (_, inner) => {
    const text = document(inner);
    within(() => readCall(text));
  });
});

describe("definitions of the largest size that is read", () => {
  const longest = 256 * 1024;

  it.each([
    ["white space, and a line that is none", `a${" ".repeat(longest - 10)}x\u2028y`],
    ["a type", `${"a".repeat(longest - 10)}! a`],
    ["an array", `a[${"1".repeat(longest - 10)} a`],
    ["a name", `a ${"a".repeat(longest - 10)}!`],
    ["a comment", `a ${"#".repeat(longest - 10)}`],
  ])("%s: refused soon", (_, text) => {
    within(() => expect(() => parseDefinition("a/B", text)).toThrow(RosError));
  });

  it("many with empty lines: read soon", () => {
    const names = Array.from({ length: 400 }, (_, i) => `C${i}`);
    const needed = new Map(names.map((name) => [`a/${name}`, `${"\n".repeat(9990)}int8 a`]));
    const type = within(() => typeOfText("a/B", names.map((name) => `${name} ${name.toLowerCase()}\n\n\n`).join(""), needed));
    expect(type.text).toContain("c399\n\n====");
  });

  it.each([
    ["a line between definitions", `${"=".repeat(2 ** 20 - 1)}x`],
    ["lines between definitions", `${"=".repeat(10)}${" ".repeat(10)}x\r`.repeat(2 ** 20 / 22)],
    ["a name behind it", `${"=".repeat(10)}\nMSG:${" ".repeat(2 ** 19)}${"a".repeat(2 ** 18)}`],
    ["white space behind it", `${"=".repeat(10)}\n${" ".repeat(2 ** 20 - 11)}`],
  ])("%s: taken apart soon", (_, text) => {
    within(() => splitDefinitions(text));
  });

  it("more than any header holds is refused", () => {
    expect(() => splitDefinitions("=".repeat(2 ** 23))).toThrow(/more than 1048576 characters/);
  });
});

describe("names of the largest size that is read", () => {
  it.each([
    [`/${"*a".repeat(120)}b`, `/${"a".repeat(largestDocument)}`],
    [`/${"*a".repeat(120)}*b*`, `/${"a".repeat(largestDocument)}`],
    [`/*${"a".repeat(240)}b*`, `/${"a".repeat(largestDocument)}`],
    [`/${"**/a/".repeat(50)}b`, "/a".repeat(largestDocument / 2)],
    [`/${"**/*/".repeat(50)}b`, "/".repeat(largestDocument)],
  ])("%#: found soon not to match", (glob, name) => {
    within(() => expect(new Glob(glob).matches(name)).toBe(false));
  });
});
