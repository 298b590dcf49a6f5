/** A node of an engine with a bridge. Arguments: see `lib/ros-play.ts`. */
import ros from "../../systems/ros/mod.ts";
import { createEngine, defineNode, from, type NodeContext, type NodeDefinition, stream } from "../../src/mod.ts";
import { answer } from "../lib/answer.ts";
import { callHandlers } from "../lib/calls.ts";
import { Counter, name, pinger, role, sender, types } from "../lib/ros-play.ts";

const depth = 100_000;
const topic = (last: string): string => `/${name}/${last}`;
const of = (last: string) => from<never>(topic(last), { depth });
const streams = {
  text: stream<object>({ type: types.text }),
  image: stream<object>({ type: types.image }),
};
const everything = { streams: [{ match: "/**", depth }], services: ["/**"] };

async function run(
  node: NodeDefinition<any>,
  lists: object,
  services: readonly string[] = [],
): Promise<ReturnType<typeof createEngine>> {
  const engine = await createEngine({
    nodes: {
      [`/${name}`]: { use: node as NodeDefinition },
      "/ros": {
        use: ros as unknown as NodeDefinition,
        params: {
          name: `/${name}_${role}_${process.pid}`,
          interval: 100,
          ...lists,
        },
      },
    },
  });
  for (const service of services) {
    await engine.waitForService(service, { timeout: 20_000 });
  }
  return engine;
}

if (role === "subscribe") {
  const counter = new Counter();
  const on = { text: () => counter.came(), image: () => counter.came() };
  await run(
    defineNode({ inputs: { text: of("text"), image: of("image") }, on }),
    { import: everything },
  );
  answer(counter.handlers);
} else if (role === "publish") {
  let emit!: Readonly<
    Record<"text" | "image", { emit(value: object): unknown }>
  >;
  await run(
    defineNode({ streams, setup: (context) => void (emit = context.streams) }),
    { export: everything },
  );
  answer({
    send: sender({
      text: (message) => emit.text.emit(message),
      image: (message) => emit.image.emit(message),
    }),
  });
} else if (role === "ping") {
  let emit!: { emit(value: object): unknown };
  const { back, handlers } = pinger((message) => emit.emit(message));
  const node = defineNode({
    inputs: { pong: of("pong") },
    streams: { ping: streams.text },
    setup: (context) => void (emit = context.streams.ping),
    on: { pong: back },
  });
  await run(node, {
    import: { streams: [topic("pong")] },
    export: { streams: [topic("ping")] },
  });
  answer(handlers);
} else if (role === "echo") {
  const node = defineNode({
    inputs: { ping: of("ping") },
    streams: { pong: streams.text },
    on: {
      ping: (message: object, { streams }) => void streams.pong.emit(message),
    },
  });
  await run(node, {
    import: { streams: [topic("ping")] },
    export: { streams: [topic("pong")] },
  });
  answer({});
} else if (role === "serve") {
  const node = defineNode({
    services: {
      set: ({ data }: { data: boolean }) => ({
        success: data,
        message: "done",
      }),
    },
    serviceOptions: { set: { type: "std_srvs/SetBool" } },
  });
  await run(node, { export: everything });
  answer({});
} else if (role === "call") {
  let call!: NodeContext["call"];
  const services = [topic("set")];
  await run(defineNode({ setup: (context) => void (call = context.call) }), {
    import: { services },
  }, services);
  answer(callHandlers(() => call(topic("set"), { data: true })));
} else if (role === "hundred") {
  // A hundred topics at a hundred Hz, of which a node reads each.
  let heard = 0;
  const inputs = Object.fromEntries(
    Array.from(
      { length: 100 },
      (_, i) => [`t${i}`, from<{ data: string }>(topic(`t${i}`))],
    ),
  );
  const on = Object.fromEntries(
    Object.keys(inputs).map((key) => [key, () => void heard++]),
  );
  await run(defineNode({ inputs, on }), { import: { streams: [topic("*")] } });
  let [from0, began] = [process.cpuUsage(), performance.now()];
  answer({
    begin: () => void ([from0, began, heard] = [process.cpuUsage(), performance.now(), 0]),
    /** Messages a second, and the share of a processor in %. */
    end: () => {
      const { user, system } = process.cpuUsage(from0);
      const ms = performance.now() - began;
      return { rate: (heard * 1000) / ms, share: (user + system) / 10 / ms };
    },
  });
} else throw new Error(`it does not play ${role}`);
