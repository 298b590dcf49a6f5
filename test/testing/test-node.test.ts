import fc from "fast-check";
import {
  client,
  ConfigError,
  createEngine,
  DeclarationError,
  defineNode,
  from,
  NodeStartError,
  param,
  ServiceError,
  ServiceTimeoutError,
  StateError,
  stream,
  UnknownServiceError,
  ValidationError,
  ValueError,
} from "pyros";
import { testNode } from "pyros/test";
import { expect, expectTypeOf, test } from "vitest";

const planner = defineNode({
  services: {
    plan(goal: { x: number }) {
      return [goal.x];
    },
    async *survey(steps: number) {
      for (let i = 0; i < steps; i++) yield i;
      return "done";
    },
  },
});

const guide = defineNode({
  params: { gain: param(1, { min: 0, max: 10 }), mode: "slow" },
  streams: { steer: stream<{ turn: number }>({ depth: 1 }) },
  inputs: { pose: from<{ x: number }>("pose", { maxAge: 100 }) },
  needs: { planner: client<typeof planner>("planner") },
  state: () => ({ path: [] as number[], seen: [] as number[], frames: 0 }),
  services: {
    reset(to: number, { state }) {
      state.frames = to;
      return to;
    },
    async nap(ms: number, { sleep }) {
      await sleep(ms);
      return ms;
    },
    async go(x: number, { state, needs }) {
      state.path = await needs.planner.plan({ x });
      return state.path.length;
    },
    async faster(_: undefined, { set, params }) {
      return set("gain", params.gain + 4);
    },
  },
  on: {
    pose({ x }, { state }) {
      state.seen.push(x);
    },
  },
  update({ state, streams, inputs, params }) {
    state.frames++;
    const pose = inputs.pose.latest;
    if (pose !== undefined) streams.steer.emit({ turn: pose.x * params.gain });
  },
});

test("step() runs so many frames, and the node sees what was emitted before", async () => {
  await using node = await testNode(guide, { params: { gain: 2 } });
  node.inputs.pose.emit({ x: 1 });
  node.inputs.pose.emit({ x: 2 });
  await node.step(3);
  expect(node.state).toEqual({ path: [], seen: [1, 2], frames: 3 });
  expect(node.emitted.steer).toEqual([{ turn: 4 }, { turn: 4 }, { turn: 4 }]);
  expect(node.time).toBe(50);
});

test("items tell when they were emitted, and their numbers", async () => {
  await using node = await testNode(guide, { rate: 10 });
  node.inputs.pose.emit({ x: 3 });
  await node.run({ seconds: 0.25 });
  expect(node.items.steer).toEqual([{ value: { turn: 3 }, stamp: 100, seq: 1 }]);
  expect(node.time).toBe(250); // at 200 ms the pose was older than its maxAge
});

test("what is inferred from the definition", async () => {
  await using node = await testNode(guide, { needs: { planner: { plan: (goal) => [goal.x] } } });
  expectTypeOf(node.inputs.pose.emit).parameters.toEqualTypeOf<[{ x: number }]>();
  expectTypeOf(node.emitted.steer).toEqualTypeOf<{ turn: number }[]>();
  expectTypeOf(node.params).toEqualTypeOf<{ gain: number; mode: string }>();
  expectTypeOf(node.state.path).toEqualTypeOf<number[]>();
  expectTypeOf(node.call.reset(1)).toEqualTypeOf<Promise<number>>();
  // @ts-expect-error there is no such input
  expect(node.inputs.poze).toBeUndefined();
  // @ts-expect-error a pose has an x
  expect(() => node.inputs.pose.emit({ y: 1 })).not.toThrow();
  // @ts-expect-error a plan is made of numbers
  await using wrong = await testNode(guide, { needs: { planner: { plan: () => ["a"] } } });
  // @ts-expect-error a gain is a number
  await expect(testNode(guide, { params: { gain: "much" } })).rejects.toThrow(ConfigError);
  expect(wrong.status).toBe("running");
});

test("call is a typed client of the node's services", async () => {
  await using node = await testNode(guide);
  expect(await node.call.reset(5)).toBe(5);
  expect(node.state.frames).toBe(5);
  expect(node.time).toBe(0);
});

test("until() lets time run until a promise settles", async () => {
  await using node = await testNode(guide);
  expect(await node.until(node.call.nap(1000))).toBe(1000);
  expect(node.time).toBe(1000);
  await expect(node.until(node.call.nap(9000))).rejects.toThrow(ServiceTimeoutError);
});

test("until() says so when a promise does not settle", async () => {
  await using node = await testNode(guide);
  await expect(node.until(new Promise(() => {}), 2)).rejects.toThrow("after 2 simulated seconds the promise has not settled");
  expect(node.time).toBeGreaterThanOrEqual(2000);
});

test("needs stand in for other nodes, and calls tell what was called", async () => {
  await using node = await testNode(guide, { name: "/arm/guide", needs: { planner: { plan: ({ x }) => [x, x] } } });
  expect(await node.call.go(7)).toBe(2);
  expect(node.calls).toEqual([{ service: "/arm/planner/plan", input: { x: 7 }, result: [7, 7] }]);
  expect(node.state.path).toEqual([7, 7]);
});

test("services stand in by name, and may sleep, throw and yield", async () => {
  const caller = defineNode({
    state: () => ({ progress: [] as number[] }),
    services: {
      async all(_: undefined, { call, state }) {
        await call("planner/plan", 1);
        await call("/clock");
        const survey = call<string>("planner/survey", 2);
        for await (const step of survey) state.progress.push(step);
        const said = await survey;
        await call("planner/broken").catch(() => {});
        return said;
      },
    },
  });
  await using node = await testNode(caller, {
    name: "/a/b",
    services: {
      async "planner/plan"(goal, { sleep }) {
        await sleep(300);
        return goal;
      },
      "/clock": (_, { time }) => time,
      async *"/a/planner/survey"(steps: number) {
        for (let i = 0; i < steps; i++) yield i;
        return "done";
      },
      "planner/broken"() {
        throw new RangeError("no");
      },
    },
  });
  expect(await node.until(node.call.all())).toBe("done");
  expect(node.state.progress).toEqual([0, 1]);
  expect(node.calls).toMatchObject([
    { service: "/a/planner/plan", input: 1, result: 1 },
    { service: "/clock", input: undefined, result: 300 },
    { service: "/a/planner/survey", input: 2, result: "done" },
    { service: "/a/planner/broken", error: { message: "/a/planner/broken at /a/planner failed: RangeError: no" } },
  ]);
  expect(node.calls[3]!.error).toBeInstanceOf(ServiceError);
});

test("a call that is out has neither result nor error", async () => {
  await using node = await testNode(guide, { needs: { planner: { plan: () => new Promise(() => {}) } } });
  const gone = node.call.go(1);
  gone.catch(() => {});
  await node.step();
  expect(node.calls).toEqual([{ service: "/planner/plan", input: { x: 1 } }]);
  expect(Object.keys(node.calls[0]!)).toEqual(["service", "input"]);
  await expect(node.until(gone)).rejects.toThrow(ServiceTimeoutError);
  expect(node.calls[0]!.error).toBeInstanceOf(ServiceTimeoutError);
});

test("a service that nobody stands in for is an UnknownServiceError with a hint", async () => {
  await using node = await testNode(guide);
  const error = await node.call.go(1).catch((error: unknown) => error as ServiceError);
  expect(error).toBeInstanceOf(ServiceError);
  expect((error as ServiceError).remote.name).toBe("UnknownServiceError");
  expect((error as ServiceError).message).toContain(
    'nobody provides /planner/plan; a test can stand in for it: testNode(node, { services: { "/planner/plan": (input) =>',
  );
  expect(node.calls[0]!.error).toBeInstanceOf(UnknownServiceError);
});

test("sets tells what the node has set, refused writes included", async () => {
  await using node = await testNode(guide);
  await node.call.faster();
  await node.call.faster();
  await expect(node.call.faster()).rejects.toThrow(ServiceError);
  expect(node.params.gain).toBe(9);
  expect(node.sets).toEqual([
    { name: "/node/gain", value: 5, revision: expect.any(Number) },
    { name: "/node/gain", value: 9, revision: expect.any(Number) },
    { name: "/node/gain", value: 13, error: expect.any(ValidationError) },
  ]);
});

test("sets has an entry for each param of a write, whatever its type", async () => {
  const setter = defineNode({
    params: { mode: "slow", gain: 1 },
    services: {
      async go(_: undefined, { set }) {
        await set("mode", "fast");
        await set({ mode: "slow", "/size": [1] });
      },
    },
  });
  await using node = await testNode(setter, { name: "/a/b" });
  await node.call.go();
  expect(node.sets.map(({ name, value }) => [name, value])).toEqual([["/a/b/mode", "fast"], ["/a/b/mode", "slow"], ["/size", [1]]]);
  expect(node.sets[1]!.revision).toBe(node.sets[2]!.revision);
});

test("a test node can be shown, as runners do it when a test fails", async () => {
  await using node = await testNode(guide);
  expect(JSON.stringify(node.call)).toBe("{}");
});

test("set() sets params from outside, its own and others", async () => {
  const watcher = defineNode({
    params: { gain: param(1, { max: 10 }) },
    streams: { size: stream<number>() },
    setup({ watch, streams, get }) {
      streams.size!.emit(get("/world/size"));
      watch("/world", ({ size }) => streams.size!.emit(size));
    },
  });
  await using node = await testNode(watcher, { params: { gain: 2, "/world/size": 5, "/world/name": "earth" } });
  await node.set({ gain: 3, "/world/size": 6 });
  await node.step();
  expect(node.params).toEqual({ gain: 3 });
  expect(node.emitted.size).toEqual([5, 6]);
  expect(node.sets).toEqual([]);
  await expect(node.set({ gain: 11 })).rejects.toThrow(ValidationError);
});

test("a node that fails in setup fails testNode()", async () => {
  const broken = defineNode({
    setup() {
      throw new RangeError("no device");
    },
  });
  await expect(testNode(broken)).rejects.toThrow("/node did not start: no device");
  await expect(testNode(broken)).rejects.toThrow(NodeStartError);
});

test("step() rejects with the error with which the node failed, at once and from then on", async () => {
  const boom = new RangeError("boom");
  const broken = defineNode({
    state: () => ({ n: 0 }),
    inputs: { in: from<number>("in") },
    on: {
      in() {
        throw boom;
      },
    },
    update({ state }) {
      if (++state.n === 3) throw boom;
    },
  });
  await using node = await testNode(broken);
  await expect(node.step(1000)).rejects.toBe(boom);
  expect(node.time).toBe(50);
  expect(node.state).toEqual({ n: 3 });
  expect(node.status).toBe("failed");
  await expect(node.step()).rejects.toBe(boom);
  await using other = await testNode(broken);
  other.inputs.in.emit(1);
  await expect(other.step()).rejects.toBe(boom);
});

test("with a restart policy the node comes back, and step() goes on", async () => {
  const broken = defineNode({
    state: () => ({ n: 0 }),
    update({ state }) {
      if (++state.n === 3) throw new Error("boom");
    },
  });
  await using node = await testNode(broken, { restart: { mode: "on-failure", delay: 100, limit: 2 } });
  await node.step(3);
  expect(node.status).toBe("waiting");
  await node.run({ until: 150 });
  expect(node.status).toBe("running");
  await expect(node.run({ seconds: 10 })).rejects.toThrow("boom");
});

test("a function is a node too", async () => {
  const seen: unknown[] = [];
  await using node = await testNode(({ stream, time, call }) => {
    if (seen.length === 0) stream("~in").on((item) => seen.push(item));
    seen.push(time);
    call("/ping").catch(() => {});
  }, { rate: 10, services: { "/ping": () => 1 } });
  await node.step();
  node.emit("~in", "item");
  await node.step();
  expect(seen).toEqual([100, "item", 200]);
  expect(node.calls).toHaveLength(2);
});

test("one frame is one update of a node with a rate of its own", async () => {
  await using node = await testNode(defineNode({ rate: 2, state: () => ({ n: 0 }), update: ({ state }) => void state.n++ }));
  await node.step(3);
  expect([node.state.n, node.time]).toEqual([3, 1500]);
});

test("a node without update sees the time pass", async () => {
  await using node = await testNode(
    defineNode({
      streams: { tick: stream<number>({ latched: true }) },
      async setup({ sleep, streams, time }) {
        streams.tick!.emit(time);
        await sleep(250);
      },
      services: { now: (_: undefined, { time }) => time },
    }),
    { rate: 10 },
  );
  expect(node.emitted.tick).toEqual([0]);
  expect(await node.call.now()).toBe(250);
  await node.step(2);
  expect(await node.call.now()).toBe(400);
});

test("frames go on from where a setup that sleeps, or a time without frames, has brought the time", async () => {
  const late = defineNode({
    state: () => ({ times: [] as number[] }),
    setup: ({ sleep }) => sleep(1000),
    update({ state, time }) {
      state.times.push(time);
      if (state.times.length === 2) throw new Error("once");
    },
  });
  await using node = await testNode(late, { rate: 10, restart: { delay: 500 } });
  await node.step(2);
  expect(node.state.times).toEqual([1100, 1200]);
  await node.run({ until: 2750 }); // it waits until 1700, and sleeps until 2700
  expect(node.state.times).toEqual([2700]);
  await node.run({ until: 2850 });
  expect([node.status, node.state.times]).toEqual(["waiting", [2700, 2800]]);
});

test("an item carries the time at which it was emitted, also when nobody had subscribed", async () => {
  const clock = defineNode({ streams: { now: stream<number>({ latched: true }) }, update: ({ streams, time }) => streams.now.emit(time) });
  await using engine = await createEngine({ clock: "sim", rate: 10, nodes: { "/clock": clock } });
  await engine.step(5);
  using now = engine.stream<number>("/clock/now");
  const seen: number[][] = [];
  now.on((value, { stamp }) => seen.push([value, stamp]));
  await engine.step();
  expect(seen).toEqual([[500, 500], [600, 600]]);
});

test("state is a copy, and can be given in parts", async () => {
  await using node = await testNode(guide, { state: { frames: 40 } });
  node.state.path.push(1);
  expect(node.state).toEqual({ path: [], seen: [], frames: 40 });
});

test("state that is no data is refused", async () => {
  await using node = await testNode(defineNode({ state: () => ({ socket: () => {} }) }));
  expect(() => node.state).toThrow(ValueError);
});

test("remap leads the node's words elsewhere", async () => {
  await using node = await testNode(guide, { remap: { pose: "/world/pose", planner: "/brain" }, needs: { planner: { plan: () => [] } } });
  node.emit("/world/pose", { x: 1 });
  node.inputs.pose.emit({ x: 2 });
  await node.call.go(1);
  expect(node.state.seen).toEqual([1, 2]);
  expect(node.calls[0]!.service).toBe("/brain/plan");
});

test("the same seed gives the same numbers", async () => {
  const dice = defineNode({ streams: { roll: stream<number>() }, update: ({ streams, random }) => streams.roll.emit(random()) });
  const rolls = async (seed: number) => {
    await using node = await testNode(dice, { seed });
    await node.step(5);
    return node.emitted.roll;
  };
  expect(await rolls(1)).toEqual(await rolls(1));
  expect(await rolls(1)).not.toEqual(await rolls(2));
});

test("what is noted is not what the node goes on with", async () => {
  const held = { x: 1 };
  const mutant = defineNode({
    services: {
      async go(_: undefined, { call }) {
        const plan = await call<{ x: number }>("/plan", held);
        plan.x = 100;
        held.x = 100;
      },
    },
  });
  await using node = await testNode(mutant, { services: { "/plan": () => ({ x: 2 }) } });
  await node.call.go();
  expect(node.calls).toEqual([{ service: "/plan", input: { x: 1 }, result: { x: 2 } }]);
});

test("wrong options are refused with the reason", async () => {
  const refused = async (options: object, text: string) => {
    const error = await testNode(guide, options).catch((error: unknown) => error);
    expect(error).toBeInstanceOf(DeclarationError);
    expect((error as Error).message).toContain(text);
  };
  await refused({ services: { "/node/reset": () => 1 } }, "/node/reset is a service of the node under test");
  await refused({ services: { "/planner/plan": 3 } }, "what stands in for /planner/plan is no function");
  await refused({ needs: { planer: {} } }, '/node does not need "planer"');
  await refused(
    { needs: { planner: { plan: () => [] } }, services: { "planner/plan": () => [] } },
    "two handlers stand in for /planner/plan",
  );
  await expect(testNode(3 as never)).rejects.toThrow("something that is no node");
  await using node = await testNode(guide);
  await expect(node.run({} as never)).rejects.toThrow(StateError);
});

test("nothing goes on after close()", async () => {
  const node = await testNode(guide, { needs: { planner: { plan: () => new Promise(() => {}) } } });
  const out = node.call.go(1).catch((error: unknown) => error);
  await node.step();
  await node.close();
  expect(await out).toBeInstanceOf(Error);
  await expect(node.step()).rejects.toThrow("the engine has closed");
});

test("time only goes forward, and by as much as was asked for, whatever the steps", async () => {
  const clock = defineNode({ state: () => ({ times: [] as number[] }), update: ({ state, time }) => void state.times.push(time) });
  const action = fc.oneof(
    fc.integer({ min: 1, max: 20 }).map((frames) => ({ frames })),
    fc.integer({ min: 1, max: 500 }).map((ms) => ({ seconds: ms / 1000 })),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(action, { maxLength: 8 }), fc.integer({ min: 1, max: 240 }), async (actions, rate) => {
      await using node = await testNode(clock, { rate });
      for (const action of actions) {
        const before = { time: node.time, frames: node.state.times.length };
        await node.run(action);
        if ("frames" in action) expect(node.state.times.length - before.frames).toBe(action.frames);
        else expect(node.time).toBeCloseTo(before.time + action.seconds * 1000, 6);
      }
      const { times } = node.state;
      expect(times).toEqual(times.map((_, i) => ((i + 1) * 1000) / rate));
    }),
    { numRuns: 40 },
  );
});
