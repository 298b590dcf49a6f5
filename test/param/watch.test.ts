import { describe, expect, it } from "vitest";
import { ParamTree } from "../../src/param/tree.ts";
import { Watch } from "../../src/param/watch.ts";

describe("Watch", () => {
  it("gathers what happens to a leaf until it is taken, and wakes once", () => {
    const tree = new ParamTree();
    let woken = 0;
    const watch = new Watch(tree, "/a", () => woken++);
    expect([watch.pending, watch.take()]).toEqual([false, undefined]);
    tree.set("/a", 1);
    tree.set("/a", 2);
    tree.set("/b", 2);
    expect([watch.pending, woken]).toEqual([true, 1]);
    expect(watch.take()).toEqual({ name: "/a", value: 2, revision: 2, changed: ["/a"], deleted: [] });
    expect([watch.pending, watch.take()]).toEqual([false, undefined]);
    tree.delete("/a");
    expect(woken).toBe(2);
    expect(watch.take()).toEqual({ name: "/a", value: undefined, revision: 4, changed: [], deleted: ["/a"] });
  });

  it("gathers what happens in a subtree, and for each name what happened last", () => {
    const tree = new ParamTree();
    tree.set("/s", { a: 1, b: 1, c: 1 });
    const watch = new Watch(tree, "/s");
    tree.set("/s/a", 2);
    tree.delete("/s/a");
    tree.delete("/s/b");
    tree.set("/s/b", 2);
    tree.set("/s/d/e", 1);
    tree.set("/other", 1);
    expect(watch.take()).toEqual({
      name: "/s",
      value: { b: 2, c: 1, d: { e: 1 } },
      revision: 6,
      changed: ["/s/b", "/s/d/e"],
      deleted: ["/s/a"],
    });
  });

  it("wakes and tells again after each take, of the same leaf too", () => {
    const tree = new ParamTree();
    tree.set("/s/a", 0);
    for (const name of ["/s/a", "/s"]) {
      let woken = 0;
      const watch = new Watch(tree, name, () => woken++);
      for (let i = 1; i <= 3; i++) {
        tree.set("/s/a", i);
        tree.set("/s/a", i * 10);
        expect(woken).toBe(i);
        expect(watch.take()).toMatchObject({ value: name === "/s" ? { a: i * 10 } : i * 10, revision: tree.revision, changed: ["/s/a"] });
      }
      watch.close();
    }
  });

  it("wakes nobody after it was closed", () => {
    const tree = new ParamTree();
    const watch = new Watch(tree, "/a", () => expect.unreachable());
    watch.close();
    tree.set("/a", 1);
    const late = new Watch(tree, "/a");
    tree.set("/a", 2);
    late.close();
    expect([watch.pending, late.take()]).toEqual([false, undefined]);
  });
});
