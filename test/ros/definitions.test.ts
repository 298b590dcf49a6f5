import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { Library } from "../../systems/ros/message/library.ts";
import { bridge, healthOf, masterKinds, started, startMaster, until } from "./support.ts";

const types = [fileURLToPath(new URL("./types", import.meta.url))];

const place = { x: -32768, y: 32767 };
const fruit = (weight: number) => ({ weight, place, words: ["ripe", "süß"], seen: [{ sec: 4294967295, nsec: 5 }] });
const tree = (id: bigint) => ({
  header: { seq: 1, stamp: { sec: 2, nsec: 3 }, frame_id: "orchard" },
  name: "old one",
  kind: 255,
  id,
  fruits: [fruit(0.1), { ...fruit(-0), words: [], seen: [] }],
  best: [fruit(1e300), fruit(Infinity)],
  place,
  rings: new Float32Array([0.5, -1.5, 1e30]),
  age: { sec: -1, nsec: 999999999 },
  marks: [true, false, true],
  note: { data: "no package of ROS has this" },
});

describe.each(masterKinds)("a type that only the publisher knows, by %s", (kind) => {
  it("is learnt from the connection, with all that it needs", async () => {
    const master = await startMaster(kind);
    const from = await started({ nodes: { "/ros": bridge(master.address, "/from", { types, export: { streams: ["/orchard/*"] } }) } });
    const to = await started({ nodes: { "/ros": bridge(master.address, "/to", { import: { streams: ["/orchard/*"] } }) } });
    expect(new Library({ folders: types }).message("orchard/Tree").md5).toBe("deb955852746ce1c31686aebd8e49e4f"); // as ROS's genmsg has it
    expect(() => new Library().message("orchard/Tree")).toThrow(/no definition of orchard\/Tree was found/);
    await expect(to.call("/ros/check", { type: "orchard/Tree", value: {} })).rejects.toThrow(/no definition of orchard\/Tree was found/);
    await from.call("/ros/check", { type: "orchard/Tree", value: tree(0n) });

    const [trees, fruits]: [unknown[], unknown[]] = [[], []];
    to.stream("/orchard/tree", { depth: 1000 }).on((value) => void trees.push(value));
    to.stream("/orchard/fruit").on((value) => void fruits.push(value));
    const output = from.publisher("/orchard/tree", { type: "orchard/Tree" });
    const another = from.publisher("/orchard/fruit", { type: "orchard/msg/Fruit" });
    let id = 2n ** 62n;
    await until("both are read", () => {
      output.emit(tree(id++));
      another.emit(fruit(7));
      return trees.length > 2 && fruits.length > 0;
    });
    const first = (trees[0] as { id: bigint }).id;
    expect(trees).toEqual(trees.map((_, i) => tree(first + BigInt(i))));
    expect(fruits[0]).toEqual(fruit(7));
    const { imported } = await healthOf(to);
    expect(imported.map(({ stream, type, unfit }) => [stream, type, unfit])).toEqual([
      ["/orchard/fruit", "orchard/Fruit", 0],
      ["/orchard/tree", "orchard/Tree", 0],
    ]);
  });
});
