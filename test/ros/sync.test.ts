import { addComponent, addEntity, removeComponent, removeEntity } from "bitecs";
import { describe, expect, it } from "vitest";
import { type Engine, entries, RosError, type StreamEntry, type SystemDefinition } from "pyros";
import { rosSync } from "pyros/ros";
import { bridge, ownMaster, started, until } from "./support.ts";

const pose2D = "geometry_msgs/Pose2D";

interface Pose {
  readonly x: Float64Array;
  readonly y: Float64Array;
  readonly theta: Float64Array;
}
const makePose = (): Pose => ({ x: new Float64Array(2000), y: new Float64Array(2000), theta: new Float64Array(2000) });

function simulation(...systems: SystemDefinition[]): Promise<Engine> {
  return started({ clock: "sim", rate: 10, systems });
}

function add(engine: Engine, ...components: object[]): number {
  const id = addEntity(engine.world);
  for (const component of components) addComponent(engine.world, id, component);
  return id;
}

function heard<T>(engine: Engine, name: string): T[] {
  const items: T[] = [];
  engine.stream<T>(name, { depth: 100_000 }).on((item) => void items.push(item));
  return items;
}

const streamsOf = (engine: Engine): StreamEntry[] => entries<StreamEntry>(engine.world, "stream");
const namesOf = (engine: Engine): string[] => streamsOf(engine).map(({ name }) => name);

describe("a component that streams tell of", () => {
  it("is published entity by entity, while they come and go", async () => {
    const pose = makePose();
    const robot = {};
    const names: string[] = [];
    const engine = await simulation(rosSync(pose, "/{name}/pose", pose2D, { query: [robot], name: (id) => names[id]! }));
    const a = add(engine, pose, robot);
    const b = add(engine, pose, robot);
    add(engine, pose);
    names[a] = "a";
    names[b] = "b";
    const items = heard<object>(engine, "/a/pose");
    [pose.x[a], pose.y[a], pose.theta[a]] = [1, 2, 3];
    await engine.step();
    expect(streamsOf(engine).map(({ name, options }) => [name, options?.type])).toEqual([["/a/pose", pose2D], ["/b/pose", pose2D]]);
    pose.x[a] = 4;
    await engine.step();
    expect(items).toEqual([{ x: 1, y: 2, theta: 3 }, { x: 4, y: 2, theta: 3 }]);

    removeEntity(engine.world, a);
    removeComponent(engine.world, b, robot);
    expect(namesOf(engine)).toEqual([]);
    for (let i = 0; add(engine, pose) !== a; i++) if (i > 100) throw new Error("ids are not used again");
    addComponent(engine.world, a, robot);
    names[a] = "c";
    await engine.step();
    expect(namesOf(engine)).toEqual(["/c/pose"]);
    expect(items.length).toBe(2);
    await engine.remove("/ros_out_name_pose");
    expect(namesOf(engine)).toEqual([]);
  });

  it("may have other names than the fields, and other arrays", async () => {
    const part = {
      east: new Float32Array(10),
      n: new BigInt64Array(10),
      up: [] as number[],
      note: [] as string[],
      good: new Uint8Array(10),
    };
    const engine = await simulation(
      rosSync(part, "/body{id}/pose", "geometry_msgs/PoseStamped", {
        fields: { east: "pose.position.x", up: "pose.position.z", note: "header.frame_id" },
      }),
      rosSync(part, "/body{id}/count", "std_msgs/Int64", { fields: { n: "data" } }),
      rosSync(part, "/body{id}/good", "std_msgs/Bool", { fields: { good: "data" } }),
    );
    const id = add(engine, part);
    [part.east[id], part.n[id], part.up[id], part.note[id], part.good[id]] = [0.5, 7n, 2, "map", 1];
    const [poses, counts, goods] = ["pose", "count", "good"].map((name) => heard<object>(engine, `/body${id}/${name}`));
    await engine.step();
    expect(poses).toEqual([{ pose: { position: { x: 0.5, z: 2 } }, header: { frame_id: "map" } }]);
    expect(counts).toEqual([{ data: 7n }]);
    expect(goods).toEqual([{ data: true }]);
  });

  it("is told at a rate, and only where it changes, also to those who come late", async () => {
    const [pose, slow] = [makePose(), makePose()];
    const engine = await simulation(
      rosSync(pose, "/changed{id}", pose2D, { changed: true }),
      rosSync(slow, "/slow{id}", pose2D, { rate: 2 }),
    );
    const id = add(engine, pose, slow);
    const changed = heard<{ x: number }>(engine, `/changed${id}`);
    const slowly = heard<{ x: number }>(engine, `/slow${id}`);
    for (let i = 0; i < 30; i++) {
      slow.x[id] = i;
      if (i === 12) pose.x[id] = 5;
      await engine.step();
    }
    expect(changed.map(({ x }) => x)).toEqual([0, 5]);
    expect(slowly.map(({ x }) => x)).toEqual([0, 5, 10, 15, 20, 25]);
    const late = heard<{ x: number }>(engine, `/changed${id}`);
    await engine.step(3);
    expect(late.map(({ x }) => x)).toEqual([5]);
    expect(changed.length).toBe(2);
  });

  it("leaves out entities with names that are taken or none, until they are free", async () => {
    const pose = makePose();
    const names = ["", "same", "same", "not a name", "good"];
    const engine = await simulation(rosSync(pose, "/{name}/pose", pose2D, { name: (id) => names[id] ?? "?" }));
    const ids = names.slice(1).map(() => add(engine, pose));
    names.splice(0, names.length, ...names.map(() => "?"));
    for (const [i, id] of ids.entries()) names[id] = ["same", "same", "not a name", "good"][i]!;
    await engine.step();
    expect(namesOf(engine)).toEqual(["/good/pose", "/same/pose"]);
    expect(engine.nodes.find(({ name }) => name === "/ros_out_name_pose")?.status).toBe("running");
    removeEntity(engine.world, ids[0]!);
    expect(namesOf(engine)).toEqual(["/good/pose"]);
    await engine.step();
    expect(namesOf(engine)).toEqual(["/good/pose", "/same/pose"]);
  });

  it("costs little with a thousand entities", async () => {
    const pose = makePose();
    const engine = await simulation(rosSync(pose, "/robot{id}/pose", pose2D));
    const ids = Array.from({ length: 1000 }, () => add(engine, pose));
    await engine.step();
    const cpuOf = async (frames: number): Promise<number> => {
      const before = process.cpuUsage();
      await engine.run({ frames });
      const { user, system } = process.cpuUsage(before);
      return (user + system) / 1000 / frames;
    };
    expect(await cpuOf(1000)).toBeLessThan(0.5); // ms a frame while nobody reads them
    let count = 0;
    for (const id of ids) engine.stream(`/robot${id}/pose`, { depth: 1 }).on(() => void count++);
    await engine.step();
    count = 0;
    const cost = await cpuOf(200);
    if (process.env.PYROS_SHOW !== undefined) console.log(`${cost} ms a frame`);
    expect(cost).toBeLessThan(10);
    expect(count).toBe(200_000);
  });
});

describe("a component that becomes what streams tell", () => {
  it("takes the newest item of each frame, while entities come and go", async () => {
    const pose = makePose();
    const engine = await simulation(rosSync(pose, "/robot{id}/pose", pose2D, { direction: "in" }));
    const [a, b] = [add(engine, pose), add(engine, pose)];
    await engine.step();
    const [out, other] = [a, b].map((id) => engine.publisher(`/robot${id}/pose`));
    out!.emit({ x: 1, y: 2, theta: 3 });
    out!.emit({ x: 4, y: 5, theta: 6 });
    await engine.step();
    expect([pose.x[a], pose.y[a], pose.theta[a], pose.x[b]]).toEqual([4, 5, 6, 0]);
    for (const item of [{ x: 9 }, null, 5, { x: 9, y: "9", theta: {} }]) {
      other!.emit(item);
      await engine.step();
    }
    expect([pose.x[b], pose.y[b]]).toEqual([0, 0]); // all of an item, or nothing
    other!.emit({ x: 1n, y: true, theta: 0.5 });
    await engine.step();
    expect([pose.x[b], pose.y[b], pose.theta[b]]).toEqual([1, 1, 0.5]);
    removeEntity(engine.world, a);
    out!.emit({ x: 8, y: 8, theta: 8 });
    await engine.step();
    expect(pose.x[a]).toBe(4);
    expect(engine.nodes.find(({ name }) => name === "/ros_in_robot_id_pose")?.status).toBe("running");
  });

  it("takes texts, flags and long numbers into what can hold them", async () => {
    const part = { n: new BigInt64Array(10), note: [] as string[], good: [] as boolean[] };
    const engine = await simulation(
      rosSync(part, "/a{id}", "std_msgs/Int64", { direction: "in", fields: { n: "data" } }),
      rosSync(part, "/b{id}", "std_msgs/String", { direction: "in", fields: { note: "data" } }),
      rosSync(part, "/c{id}", "std_msgs/Bool", { direction: "in", fields: { good: "data" } }),
    );
    const id = add(engine, part);
    await engine.step();
    const outputs = ["a", "b", "c"].map((name) => engine.publisher(`/${name}${id}`));
    for (const [i, data] of [2n ** 60n, "map", true].entries()) outputs[i]!.emit({ data });
    await engine.step();
    expect([part.n[id], part.note[id], part.good[id]]).toEqual([2n ** 60n, "map", true]);
    for (const output of outputs) output.emit({ data: 0.5 });
    await engine.step();
    expect([part.n[id], part.note[id], part.good[id]]).toEqual([2n ** 60n, "map", true]);
  });
});

it("two simulations have their entities in step over a master", async () => {
  const master = await ownMaster();
  const [here, there] = [makePose(), makePose()];
  const from = await started({
    clock: "sim",
    speed: 1,
    systems: [rosSync(here, "/robot{id}/pose", pose2D)],
    nodes: { "/ros": bridge(master, "/from", { export: { streams: ["/*/pose"] } }) },
  });
  const to = await started({
    clock: "sim",
    speed: 1,
    systems: [rosSync(there, "/{name}/pose", pose2D, { direction: "in", name: (id) => `robot${names[id]}` })],
    nodes: { "/ros": bridge(master, "/to", { import: { streams: ["/*/pose"] } }) },
  });
  const ids = [add(from, here), add(from, here)];
  const names: number[] = [];
  const copies = ids.map((id) => {
    const copy = add(to, there);
    names[copy] = id;
    return copy;
  });
  [here.x[ids[0]!], here.theta[ids[1]!]] = [1.5, -2];
  const runs = [from.run(), to.run()];
  await until("both are there", () => there.x[copies[0]!] === 1.5 && there.theta[copies[1]!] === -2);
  here.x[ids[0]!] = 2.5;
  await until("it has moved", () => there.x[copies[0]!] === 2.5);
  from.pause();
  to.pause();
  await Promise.all(runs);
});

it("what cannot be is refused, and says what would be right", async () => {
  const pose = makePose();
  const refused = (why: RegExp, ...[component, pattern, type, options]: Parameters<typeof rosSync>): void => {
    expect(() => rosSync(component, pattern, type, options)).toThrow(RosError);
    expect(() => rosSync(component, pattern, type, options)).toThrow(why);
  };
  refused(/has \{name\} or \{id\} in it: each entity has a stream/, pose, "/pose", pose2D);
  refused(/\{name\} needs the option name/, pose, "/{name}/pose", pose2D);
  refused(/\{name\} and \{id\} are what may stand in braces/, pose, "/{id}/{what}", pose2D);
  refused(/"Pose2D" is no type; one is written package\/Name/, pose, "/{id}", "Pose2D");
  refused(/no option "filds"; did you mean fields\?/, pose, "/{id}", pose2D, { filds: {} } as never);
  refused(/direction is "both"; it must be "out" or "in"/, pose, "/{id}", pose2D, { direction: "both" as never });
  refused(/rate is 0; it must be above 0 Hz/, pose, "/{id}", pose2D, { rate: 0 });
  refused(/changed is for what goes out/, pose, "/{id}", pose2D, { direction: "in", changed: true });
  refused(/the component has no arrays/, {}, "/{id}", pose2D);
  refused(/fields\.z: the component has no such array; it has x, y, theta/, pose, "/{id}", pose2D, { fields: { z: "x" } });
  refused(/fields\.y: x has two arrays/, pose, "/{id}", pose2D, { fields: { x: "x", y: "x" } });
  refused(/fields\.x must be a field, such as position\.x/, pose, "/{id}", pose2D, { fields: { x: "" } });

  const starts = (type: string, fields?: Record<string, string>): Promise<Engine> =>
    simulation(rosSync(pose, "/{id}", type, fields === undefined ? {} : { fields }));
  await expect(starts("no_msgs/Pose")).rejects.toThrow(/no definition of no_msgs\/Pose was found/);
  await expect(starts("geometry_msgs/Point")).rejects.toThrow(/geometry_msgs\/Point has no field theta: geometry_msgs\/Point has x, y, z/);
  await expect(starts("geometry_msgs/Pose", { x: "positon.x" })).rejects.toThrow(/has no field positon\.x: did you mean position\?/);
  await expect(starts("geometry_msgs/Pose", { x: "position" })).rejects.toThrow(
    /position of geometry_msgs\/Pose is a geometry_msgs\/Point: name a field/,
  );
  await expect(starts("geometry_msgs/Pose", { x: "position.x.x" })).rejects.toThrow(/float64 has none/);
  await expect(starts("geometry_msgs/PoseWithCovariance", { x: "covariance" })).rejects.toThrow(/covariance .* is a list/);
});
