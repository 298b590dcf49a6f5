/** The built-in master answers and tells what `rosmaster` does: the same calls to both, as they come. */
import fc from "fast-check";
import { describe, expect, it, onTestFinished } from "vitest";
import { callXml } from "../../systems/ros/xmlrpc/client.ts";
import { XmlServer } from "../../systems/ros/xmlrpc/server.ts";
import { ParamServer } from "../../systems/ros/master/param-server.ts";
import { isStruct, XmlFault } from "../../systems/ros/xmlrpc/value.ts";
import { hasRos, howToGetRos, type MasterKind, ownMaster, startMaster, until } from "./support.ts";

if (!hasRos) console.log(howToGetRos);

const nodes = ["/a", "/b", "/ns/c"];
const places = ["one", "two"]; // where a node is: started anew, it is elsewhere

type Call = readonly [method: string, node: string, ...params: unknown[]];

const node = fc.constantFrom(...nodes);
const name = fc.oneof(
  { weight: 12, arbitrary: fc.constantFrom("/t", "/ns/t", "/ns/deep/t", "t", "deep/t", "~t") },
  { weight: 1, arbitrary: fc.constantFrom("/t/", "//t", "/ns//t", "", "/", "a b", "http://x", 7) },
);
const type = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom("std_msgs/String", "std_msgs/Int8", "*") },
  { weight: 1, arbitrary: fc.constantFrom("", "String", "a/b/c", 7) },
);
const api = fc.oneof({ weight: 20, arbitrary: fc.constant("http://") }, {
  weight: 1,
  arbitrary: fc.constantFrom("", "here", "ftp://x", 7),
});
const service = fc.constantFrom("rosrpc://x:1", "rosrpc://x:2");
const leaf = fc.oneof(fc.integer({ min: -9, max: 9 }), fc.constantFrom("text", true, 1.5), fc.array(fc.constant(1), { maxLength: 2 }));
const tree = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof({ maxDepth: 2 }, leaf, fc.dictionary(fc.constantFrom("t", "deep", "ns"), tie("value"), { maxKeys: 3 })),
})).value;

/** What nodes ask, each with where it says that it is. */
const callsAt = (place: fc.Arbitrary<string>): fc.Arbitrary<Call[]> =>
  fc.array(
    fc.oneof(
      fc.tuple(fc.constantFrom("registerPublisher", "registerSubscriber"), place, name, type, api),
      fc.tuple(
        fc.constantFrom("registerPublisher", "registerSubscriber"),
        place,
        fc.constant("/t"),
        fc.constant("std_msgs/String"),
        fc.constant("http://"),
      ),
      fc.tuple(fc.constantFrom("unregisterPublisher", "unregisterSubscriber"), place, name, api),
      fc.tuple(fc.constant("registerService"), place, name, service, api),
      fc.tuple(fc.constant("unregisterService"), place, name, service),
      fc.tuple(fc.constantFrom("lookupService", "lookupNode", "getPublishedTopics"), place, fc.oneof(name, node)),
      fc.tuple(fc.constantFrom("subscribeParam", "unsubscribeParam"), place, api, name),
      fc.tuple(fc.constant("setParam"), place, name, tree),
      fc.tuple(fc.constantFrom("getParam", "hasParam", "deleteParam", "searchParam"), place, name),
      fc.tuple(fc.constantFrom("getParamNames", "getSystemState", "getTopicTypes"), place),
    ),
    { minLength: 1, maxLength: 25 },
  );

/** A master, and nodes that note what it tells them. */
class Graph {
  readonly #master: string;
  readonly #addresses: ReadonlyMap<string, string>;
  readonly #told: Map<string, unknown>;
  #settled = 0;

  private constructor(master: string, addresses: ReadonlyMap<string, string>, told: Map<string, unknown>) {
    this.#master = master;
    this.#addresses = addresses;
    this.#told = told;
  }

  static async open(kind: MasterKind): Promise<Graph> {
    const addresses = new Map<string, string>();
    const told = new Map<string, unknown>();
    for (const where of nodes.flatMap((one) => places.map((at) => `${one} ${at}`))) {
      const server = new XmlServer({
        publisherUpdate: ([, topic, list]) => {
          told.set(`${where}: publishers of ${String(topic)}`, list);
          return [1, "", 0];
        },
        paramUpdate: ([, key, value]) => {
          told.set(`${where}: param ${String(key)}`, value);
          return [1, "", 0];
        },
        shutdown: () => {
          told.set(`${where}: shutdown`, true);
          return [1, "", 0];
        },
      });
      addresses.set(where, `http://127.0.0.1:${await server.listen("127.0.0.1", 0)}/`);
      onTestFinished(() => server.close());
    }
    return new Graph((await startMaster(kind)).address, addresses, told);
  }

  /** What a call gives: that it is refused, or its value; addresses by the place that they are of. */
  async ask([method, where, ...params]: Call): Promise<unknown> {
    const own = this.#addresses.get(where)!;
    try {
      const written = params.map((param) => (param === "http://" ? own : param));
      const [code, , value] = (await callXml(this.#master, method, [where.split(" ")[0], ...written])) as [number, string, unknown];
      return code === 1 ? { value: this.plain(value) } : "refused";
    } catch (error) {
      if (error instanceof XmlFault) return "refused";
      throw error;
    }
  }

  /** By the place of a node and what it is about, what a node was told last. */
  told(): Record<string, unknown> {
    return Object.fromEntries([...this.#told].sort().map(([about, value]) => [about, this.plain(value)]));
  }

  /** With each address as the place that it is of, and lists of addresses and of names in one order. */
  plain(value: unknown): unknown {
    const text = [...this.#addresses].reduce(
      (all, [where, address]) => all.replaceAll(JSON.stringify(address), JSON.stringify(where)),
      JSON.stringify(value),
    );
    return sorted(JSON.parse(text));
  }

  /** Forgets all that the nodes of this test have: each says that it is elsewhere, and leaves. */
  async clear(): Promise<void> {
    for (const one of nodes) {
      for (const at of places) await this.ask(["registerSubscriber", `${one} ${at}`, "/gone", "*", "http://"]);
      await this.ask(["unregisterSubscriber", `${one} ${places.at(-1)}`, "/gone", "http://"]);
    }
    await callXml(this.#master, "setParam", ["/test", "/", {}]);
    await this.settle();
    this.#told.clear();
  }

  /** Waits until all that was to be told is told: what is told to one node comes in its order, and this is the last. */
  async settle(): Promise<void> {
    const topic = `/settled${this.#settled++}`;
    const register = (method: string, ...params: readonly string[]): Promise<unknown> => callXml(this.#master, method, params);
    const places = [...this.#addresses];
    for (const [i, [, address]] of places.entries()) await register("registerSubscriber", `/settled${i}`, topic, "*", address);
    await register("registerPublisher", "/settled", topic, "*", "http://nobody:1/");
    await until("everything is told", () => places.every(([where]) => this.#told.has(`${where}: publishers of ${topic}`)));
    for (const [where] of places) this.#told.delete(`${where}: publishers of ${topic}`);
    for (const [i, [, address]] of places.entries()) await register("unregisterSubscriber", `/settled${i}`, topic, address);
    await register("unregisterPublisher", "/settled", topic, "http://nobody:1/");
  }
}

function sorted(value: unknown): unknown {
  if (!Array.isArray(value)) return value;
  return value.map(sorted).sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
}

describe.skipIf(!hasRos)("the built-in master beside rosmaster", () => {
  it(
    "answers the same, also when nodes come back elsewhere",
    { timeout: 120_000 },
    () => bothAgree(callsAt(fc.tuple(node, fc.constantFrom(...places)).map((both) => both.join(" "))), ["answers"]),
  );

  // Not where nodes come back elsewhere: then, rosmaster leaves subscribers at publishers that are gone, and ours tells them.
  it(
    "answers the same, and tells nodes the same, while they stay where they are",
    { timeout: 120_000 },
    () => bothAgree(callsAt(node.map((one) => `${one} one`)), ["answers", "tells"]),
  );
});

describe("the built-in master", () => {
  it("takes a service over for the last who provides it, and leaves its other services to the one before", async () => {
    const master = await ownMaster();
    const ask = (node: string, method: string, ...params: string[]): Promise<unknown> => callXml(master, method, [node, ...params]);
    for (const service of ["/s", "/t"]) await ask("/a", "registerService", service, "rosrpc://a:1", "http://a:2/");
    await ask("/b", "registerService", "/s", "rosrpc://b:1", "http://b:2/");
    expect(await ask("/c", "lookupService", "/s")).toEqual([1, "", "rosrpc://b:1"]);
    expect(await ask("/c", "lookupService", "/t")).toEqual([1, "", "rosrpc://a:1"]);
  });

  it("takes so many registrations and no more, until some go", { timeout: 60_000 }, async () => {
    const master = await ownMaster();
    const name = (i: number): string => `/${String(i).padEnd(1000, "x")}`;
    const ask = async (method: string, i: number, ...params: string[]): Promise<number> =>
      ((await callXml(master, method, [name(0), name(i), ...params, `http://${"h".repeat(1000)}/`])) as [number])[0];
    let taken = 0;
    while (await ask("registerSubscriber", taken, "*") === 1) taken++;
    expect(taken).toBeGreaterThan(10_000);
    expect(taken).toBeLessThan(12_000);
    for (const i of [1, 2]) expect(await ask("unregisterSubscriber", i)).toBe(1);
    expect(await ask("registerSubscriber", taken, "*")).toBe(1);
  });

  it("knows so many nodes and no more, though all they have is one name", { timeout: 60_000 }, async () => {
    const master = await ownMaster();
    const ask = async (i: number): Promise<number> =>
      ((await callXml(master, "registerService", [`/n${i}`, "/s", "rosrpc://x:1", "http://x:2/"])) as [number])[0];
    let taken = 0;
    while (await ask(taken) === 1) taken++;
    expect(taken).toBe(10_000);
    expect(await ask(5)).toBe(1);
  });

  it("takes so much of params and no more, until some go", { timeout: 60_000 }, async () => {
    const master = await ownMaster();
    const set = async (key: string, value: unknown): Promise<number> =>
      ((await callXml(master, "setParam", ["/a", key, value])) as [number])[0];
    const large = "x".repeat(15 * 2 ** 20);
    let taken = 0;
    while (await set(`/p${taken}`, large) === 1) taken++;
    expect(taken).toBe(8);
    expect(await set("/p0", large)).toBe(1); // in the place of what is there
    expect(await set("/small", 1)).toBe(1);
    expect(((await callXml(master, "deleteParam", ["/a", "/p3"])) as [number])[0]).toBe(1);
    expect(await set("/again", large)).toBe(1);
  });

  it("counts what its params take, whatever is set and deleted", () => {
    const key = fc.constantFrom("/", "/a", "/a/b", "/a/b/c", "/b");
    const change = fc.oneof(fc.tuple(key, tree), fc.tuple(key, fc.constant(undefined)));
    fc.assert(fc.property(fc.array(change), (changes) => {
      const params = new ParamServer(() => {});
      const empty = params.bytes;
      for (const [at, value] of changes) {
        if (value === undefined) params.delete(at);
        else if (at !== "/" || isStruct(value)) params.set(at, value, "/x");
      }
      const { bytes } = params;
      params.set("/", structuredClone(params.get("/")), "/x");
      expect(params.bytes).toBe(bytes);
      params.set("/", {}, "/x");
      expect(params.bytes).toBe(empty);
    }));
  });
});

async function bothAgree(calls: fc.Arbitrary<Call[]>, what: readonly ("answers" | "tells")[]): Promise<void> {
  const ours = await Graph.open("built-in");
  const theirs = await Graph.open("rosmaster");
  await fc.assert(
    fc.asyncProperty(calls, async (calls) => {
      for (const graph of [ours, theirs]) await graph.clear();
      for (const call of calls) expect({ call, is: await ours.ask(call) }).toEqual({ call, is: await theirs.ask(call) });
      if (!what.includes("tells")) return;
      for (const graph of [ours, theirs]) await graph.settle();
      expect({ calls, told: ours.told() }).toEqual({ calls, told: theirs.told() });
    }),
    { numRuns: 25 },
  );
}
