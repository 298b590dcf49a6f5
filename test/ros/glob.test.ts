import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { RosError } from "pyros";
import { Exposure } from "../../systems/ros/bridge/exposure.ts";
import { Glob } from "../../systems/ros/bridge/glob.ts";

describe("Glob", () => {
  it.each([
    ["/a", ["/a"], ["/a/b", "/ab", "a"]],
    ["/*", ["/a", "/b1"], ["/a/b"]],
    ["/cam*/image", ["/cam/image", "/cam_left/image"], ["/cam/x/image", "/acam/image"]],
    ["/**", ["/a", "/a/b/c"], ["a"]],
    ["/a/**", ["/a/b", "/a/b/c"], ["/a", "/ab/c"]],
    ["/**/image", ["/cam/image", "/left/cam/image"], ["/image", "/cam/image/raw"]],
    ["/a/**/b/*", ["/a/x/b/c", "/a/x/y/b/c", "/a/b/b/b"], ["/a/b/c", "/a/x/b"]],
  ])("%s matches whole segments", (glob, yes, no) => {
    expect(yes.filter((name) => !new Glob(glob).matches(name))).toEqual([]);
    expect(no.filter((name) => new Glob(glob).matches(name))).toEqual([]);
  });

  it("matches what the regular expression would that it stands for", () => {
    const words = (...known: string[]) => fc.array(fc.constantFrom(...known), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(
        words("**", "*", "a", "a*", "*b", "a*b", "*a*b*", "ab"),
        words("a", "b", "ab", "ba", "aab", "abb"),
        (pattern, segments) => {
          const parts = pattern.map((part) => part === "**" ? "[^/]+(?:/[^/]+)*" : part.replaceAll("*", "[^/]*"));
          const name = `/${segments.join("/")}`;
          expect(new Glob(`/${pattern.join("/")}`).matches(name)).toBe(new RegExp(`^/${parts.join("/")}$`).test(name));
        },
      ),
      { numRuns: 20_000 },
    );
  });

  it.each(["", "*", "scan", "/.*", "/a/", "//a", "/a/***", "/a**", "/a[0-9]", "/a|/b", "/a+", "/^a$", "/(a)"])(
    "%j is refused, with what would be right",
    (text) => {
      expect(() => new Glob(text)).toThrow(/is no glob: .*\* stands for what one segment has/);
    },
  );

  it("takes time that does not explode", () => {
    const glob = new Glob(`/${"**/a*a*a*a/".repeat(12)}b`);
    const start = performance.now();
    expect(glob.matches(`/${"aaaaaaaaaa/".repeat(20)}c`)).toBe(false);
    expect(performance.now() - start).toBeLessThan(1000);
  });
});

describe("Exposure", () => {
  it("takes the first rule that fits, and nothing that is excluded", () => {
    const exposure = new Exposure(["!/a/secret", { match: "/a/pose", type: "geometry_msgs/Pose" }, "/a/*"], "export", "streams");
    expect(exposure.ruleFor("/a/pose")?.type).toBe("geometry_msgs/Pose");
    expect(exposure.ruleFor("/a/b")?.glob.text).toBe("/a/*");
    expect(exposure.ruleFor("/a/secret")).toBeUndefined();
    expect(exposure.ruleFor("/b")).toBeUndefined();
  });

  it.each([
    ["/a/**", "/b/**", "/a/x/y", "/b/x/y"],
    ["/a/**", "/**", "/a/x", "/x"],
    ["/**", "/b/c/**", "/a/x", "/b/c/a/x"],
    ["/a", "/b", "/a", "/b"],
  ])("%s as %s calls %s %s", (match, as, name, other) => {
    expect(new Exposure([{ match, as }], "import", "params").ruleFor(name)?.as).toBe(other);
  });

  it("knows the words of ROS", () => {
    const [rule] = new Exposure([{ match: "/a", queue_size: 3, latch: true, tcp_nodelay: true }], "import", "streams").rules;
    expect(rule).toMatchObject({ depth: 3, latched: true, noDelay: true });
  });

  it.each([
    [[{ match: "/a", typ: "x/Y" }], /streams\[0\]: there is no key "typ" here; did you mean type\?/],
    [[{ match: "/a", type: "String" }], /type must be a type such as/],
    [["/a", { match: "/b/*", as: "/c" }], /streams\[1\]: as must be a name where match is one/],
    [[{ match: "/b/**", as: "/c" }], /as must be .*\/name\/\*\* where match is such/],
    [[{ match: "/b", as: "/c/**" }], /as must be a name where match is one/],
    [[{ match: "/*/b/**", as: "/c/**" }], /as must be/],
    [[{ match: "/a", queue_size: 0 }], /depth must be a whole number from 1, not 0/],
    [[7], /streams\[0\]: it must be a glob, or an object with match/],
    ["/a", /import.streams must be a list/],
  ])("refuses %j", (list, why) => {
    expect(() => new Exposure(list, "import", "streams")).toThrow(RosError);
    expect(() => new Exposure(list, "import", "streams")).toThrow(why);
  });
});
