/** Which codec and which link the engines of a graph take, and what is told where they cannot. */
import { expect, onTestFinished, test } from "vitest";
import { createEngine, type EngineConfig, type Placement } from "pyros";
import { commandOf, other, own } from "../conformance/runtimes.ts";
import { mistakes } from "../config/support.ts";
import { itWhere } from "../setup/where.ts";

const base = import.meta.url;
const nodes = { "/a": "../conformance/nodes/echo.ts", "/b": "../conformance/nodes/caller.ts" };

/** A value goes through two nodes and back. */
async function thereAndBack(config: EngineConfig): Promise<void> {
  const engine = await createEngine({ nodes, ...config }, { base });
  onTestFinished(() => engine.close());
  const value = { list: [-0, undefined, 7n], map: new Map([["a", new Uint8Array(20_000)]]) };
  const back = await engine.call("/b/through", { service: "/a/echo", input: value });
  expect(back).toEqual(value);
  await engine.close();
}

const elsewhere: readonly Placement[] = ["thread", "process"];

test.each(elsewhere)("a codec of one's own is spoken by engines in each %s", async (placement) => {
  await thereAndBack({ placement, codec: "./codecs/packed.ts" });
});

itWhere(commandOf(other) !== undefined)("a codec of one's own is spoken by a process of the other runtime", async () => {
  await thereAndBack({ hosts: { there: { placement: "process", runtime: other, nodes: ["/a"] } }, codec: "./codecs/packed.ts" });
});

itWhere(own === "node")("with the link zeromq, processes use it, and threads and Deno speak with them", async () => {
  const deno = commandOf("deno") === undefined
    ? {}
    : { hosts: { there: { placement: "process" as const, runtime: "deno" as const, nodes: ["/b"] } } };
  await thereAndBack({ link: "zeromq", placement: "process", ...deno });
  await thereAndBack({
    link: "zeromq",
    nodes: { "/a": { use: nodes["/a"], placement: "thread" }, "/b": { use: nodes["/b"], placement: "process" } },
  });
});

test("what cannot be is a mistake of the config", async () => {
  const all = (config: object) => mistakes(config, { base });
  const codecs = 'one of "cbor", "json", "msgpack", or the path of a module such as "./codecs/mine.ts"';
  expect(await all({ codec: "pickle" })).toEqual([`codec: must be ${codecs}, not "pickle"`]);
  expect(await all({ codec: "jsn" })).toEqual([`codec: must be ${codecs}, not "jsn"; did you mean "json"?`]);
  expect(await all({ codec: 7 })).toEqual([`codec: must be ${codecs}, not 7`]);
  expect(await all({ link: "zmq" })).toEqual(['link: must be one of "zmtp", "zeromq", not "zmq"; did you mean "zmtp"?']);
  expect(await all({ codec: "./codecs/packd.ts" })).toEqual([
    expect.stringMatching(/^codec: there is no file \.\/codecs\/packd\.ts .*did you mean "\.\/codecs\/packed\.ts"\?$/),
  ]);
  expect(await all({ codec: "../conformance/nodes/echo.ts" })).toEqual([
    expect.stringMatching(/^codec: \.\.\/conformance\/nodes\/echo\.ts exports no codec by default: \{ name: "mine"/),
  ]);
  expect(await all({ codec: "../conformance/runtimes.ts" })).toEqual([
    expect.stringMatching(/^codec: .* exports nothing by default .*; write: export default \{ name: "mine", encode, decode \}$/),
  ]);
});

itWhere(own === "deno")("the link zeromq is refused on Deno, and the mistake says why", async () => {
  expect(await mistakes({ link: "zeromq" })).toEqual([expect.stringMatching(/^link: the link zeromq does not work on Deno/)]);
});
