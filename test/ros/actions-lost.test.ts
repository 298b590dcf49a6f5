import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { type Engine, NodeLostError } from "pyros";
import { goalStates, type GoalStatus } from "../../systems/ros/bridge/goal.ts";
import { hasActionlib } from "./actionlib.ts";
import { RawActionServer, rawNode } from "./raw-action.ts";
import { bridge, healthOf, ownMaster, started, startMaster, startPeer, until } from "./support.ts";

const types = [fileURLToPath(new URL("./types", import.meta.url))];

async function asking(master: string): Promise<Engine> {
  return started({ nodes: { "/ros": bridge(master, "/asking", { types, import: { actions: ["/*"] } }) } });
}

const isThere = (engine: Engine): boolean => engine.services.some(({ name }) => name === "/count");
const open = async (engine: Engine): Promise<number> => (await healthOf(engine)).actions.imported[0]?.open ?? 0;

/** A goal that may take as long as it likes: what has become of it. */
function pursued(engine: Engine, goal: number): { readonly ends: Promise<unknown>; end: unknown } {
  const ends = engine.call("/count", { goal }, { timeout: Infinity }).then((result) => result, (error: unknown) => error);
  const one = { ends, end: undefined as unknown };
  void ends.then((end) => (one.end = end));
  return one;
}

async function serving(): Promise<{ readonly engine: Engine; readonly server: RawActionServer }> {
  const master = await ownMaster();
  const engine = await asking(master);
  const server = new RawActionServer(await rawNode(master, "/raw"), "/count");
  await until("it is there", () => isThere(engine));
  return { engine, server };
}

describe("a goal at a server that says how goals stand", () => {
  it("is lost when it was named, and no list names it any more; others go on", async () => {
    const { engine, server } = await serving();
    const [lost, other] = [pursued(engine, 1), pursued(engine, 2)];
    await until("both are pursued", () => server.goals.size === 2);
    const [one, two] = [server.idOf(1), server.idOf(2)];
    server.states.set(one, goalStates.active).set(two, goalStates.active);
    await server.told(2);
    server.states.delete(one);
    expect(await lost.ends).toBeInstanceOf(NodeLostError);
    expect(lost.end).toMatchObject({ message: "the server of the action /count knows the goal no longer", subject: "/count" });
    await server.told(10);
    expect(other.end).toBeUndefined();
    server.end(two, goalStates.succeeded, 5);
    expect(await other.ends).toEqual({ result: 5 });
    expect(isThere(engine)).toBe(true);
  });

  it("is lost when it has ended and its result does not come, and when no list ever names it", async () => {
    const { engine, server } = await serving();
    const [ended, unheard, late] = [pursued(engine, 1), pursued(engine, 2), pursued(engine, 3)];
    await until("all have come", () => server.goals.size === 3);
    const [one, three] = [server.idOf(1), server.idOf(3)];
    server.states.set(one, goalStates.succeeded).set(three, goalStates.preempting);
    await server.told(2);
    server.states.delete(one); // as actionlib's servers do after 5 s
    server.states.set(three, goalStates.aborted);
    await server.told(20);
    expect([ended.end, unheard.end, late.end]).toEqual([undefined, undefined, undefined]);
    server.states.delete(three);
    server.end(three, goalStates.succeeded, 7);
    expect(await late.ends).toEqual({ result: 7 });
    expect(await ended.ends).toBeInstanceOf(NodeLostError);
    expect((ended.end as Error).message).toBe(
      "the server of the action /count says that the goal has ended (Succeeded), but no result has come for 10 s",
    );
    expect(await unheard.ends).toBeInstanceOf(NodeLostError);
    expect((unheard.end as Error).message).toBe("the server of the action /count has told of its goals for 10 s, and never of this one");
    await until("a goal that it may yet get is cancelled", () => server.cancelled.includes(server.idOf(2)));
  });

  it("is not lost by a list without it, while its result is on its way", async () => {
    const { engine, server } = await serving();
    const goal = pursued(engine, 1);
    await until("it has come", () => server.goals.size === 1);
    server.states.set(server.idOf(1), goalStates.active);
    await server.told(2);
    server.states.clear();
    server.say(); // the list overtakes the result, which has a connection of its own
    server.end(server.idOf(1), goalStates.succeeded, 4);
    expect(await goal.ends).toEqual({ result: 4 });
  });
});

describe.skipIf(!hasActionlib)("actionlib's simple server", () => {
  it("that is killed and comes back at once loses its goals, also where somebody else reads them", async () => {
    const master = await startMaster("rosmaster");
    const engine = await asking(master.address);
    const recorder = await rawNode(master.address, "/recorder");
    let isActive = false;
    const onMessage = (message: unknown): void => {
      isActive = (message as { status_list: GoalStatus[] }).status_list.some(({ status }) => status === goalStates.active);
    };
    recorder.read("/count/goal", { onMessage() {} });
    recorder.read("/count/status", { onMessage });
    let server = startPeer(master.address, "action_server.py");
    await until("it is there", () => isThere(engine));
    for (let round = 0; round < 4; round++) {
      const goal = pursued(engine, 100_000);
      await until("it is pursued", async () => isActive && (await open(engine)) === 1);
      process.kill(server.pid!, "SIGKILL");
      server = startPeer(master.address, "action_server.py");
      expect(await goal.ends).toBeInstanceOf(NodeLostError);
      await until("it is there again", () => isThere(engine), 15_000);
      expect(await pursued(engine, 3).ends).toEqual({ result: 3 });
      await until("none is pursued", () => !isActive);
    }
  });
});
