import { describe, expect, it } from "vitest";
import type { Engine } from "pyros";
import type talker from "./nodes/talker.ts";
import { bridge, healthOf, ownMaster, started, until } from "./support.ts";

/** A simulation; all of them have the same seed. */
function simulation(nodes: Record<string, string | object>): Promise<Engine> {
  return started({ clock: "sim", seed: 1, nodes: nodes as never });
}

function heard(engine: Engine): string[] {
  const texts: string[] = [];
  engine.stream<{ data: string }>("/talker/out").on(({ data }) => void texts.push(data));
  return texts;
}

describe.each(["loop", "thread", "process"] as const)("with bridges in a %s,", (placement) => {
  it("two simulations with the same seed on one master exchange a topic", async () => {
    const master = await ownMaster();
    const of = (name: string, lists: object): object => ({ ...bridge(master, name, lists as never), placement });
    const from = await simulation({ "/talker": "./nodes/talker.ts", "/ros": of("/one", { export: { streams: ["/talker/out"] } }) });
    const to = await simulation({ "/ros": of("/two", { import: { streams: ["/talker/out"] } }) });
    const texts = heard(to);
    await until("it is heard", async () => {
      await from.client<typeof talker>("/talker").say("hello");
      return texts.length > 0;
    });
  });

  it("two bridges of one graph know each other all the same", async () => {
    const master = await ownMaster();
    const engine = await simulation({
      "/talker": "./nodes/talker.ts",
      "/ros": bridge(master, "/one", { export: { streams: ["/talker/out"] } }),
      "/ros2": { ...bridge(master, "/two", { import: { streams: ["/talker/out"] } }), placement },
    });
    const texts = heard(engine);
    await until("it is refused", async () => (await healthOf(engine, "/ros2")).imported[0]?.peers[0]?.state === "refused");
    expect((await healthOf(engine, "/ros2")).imported[0]!.peers[0]!.reason).toContain("is of the graph that this comes from");
    await engine.client<typeof talker>("/talker").say("hello");
    expect(texts).toEqual(["hello"]);
  });
});
