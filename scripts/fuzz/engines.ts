import { cbor } from "../../src/codec/cbor.ts";
import { ChildRole } from "../../src/engine/member/child-role.ts";
import { Core } from "../../src/engine/core/core.ts";
import { MainRole } from "../../src/engine/main/main-role.ts";
import { Nodes } from "../../src/engine/core/nodes.ts";
import type { EnginePlan } from "../../src/engine/core/plan.ts";
import type { Remote } from "../../src/peer/remote.ts";
import { DeclarationError } from "../../src/errors.ts";
import { Caller } from "../../src/service/caller.ts";
import type { Provider } from "../../src/service/provider.ts";
import { type MemoryConnection, memoryLink } from "./memory-link.ts";

const plan: EnginePlan = {
  rate: 60,
  clock: "live",
  seed: "0",
  speed: Infinity,
  wire: { codec: cbor, codecSource: "cbor", link: "zmtp" },
  load: nowhere,
  development: false,
  params: { a: 1, tree: { b: "x" } },
  overrides: {},
  paramsFile: undefined,
  systems: [],
  nodes: [],
};

function nowhere(): never {
  throw new Error("no node runs in a host here");
}

/** A main engine, to which children come one after the other, each over a link of its own within this thread. */
export class Engines {
  readonly main: Core = new Core(plan);
  readonly #role: MainRole = new MainRole(this.main, plan, undefined, new Nodes(this.main, nowhere));
  readonly #caller: Caller = new Caller("/main");
  #count = 0;

  async open(): Promise<void> {
    await this.main.params.open(undefined, plan.params, {});
    furnish(this.main, this.#caller, "main");
  }

  /** A child that has joined, and all that is out between it and the main engine. */
  async child(): Promise<Child> {
    const host = this.#role.host({ name: `fuzz${++this.#count % 8}`, placement: "thread" });
    const remote = this.#role.newRemote(host);
    const bootstrap = { ...(await this.#role.bootstrap(remote.peer.id, host.settings)), modules: [] };
    const core = new Core({ ...plan, params: {} });
    await core.params.open(undefined, {}, {});
    const answer = async (): Promise<void> => {};
    const hosted = {
      prepare: answer,
      enter: answer,
      start: answer,
      stop: answer,
      remove: answer,
      swap: answer,
      close: answer,
      report: () => undefined,
    };
    const role = new ChildRole(core, bootstrap, hosted as never, undefined);
    const [there, here] = memoryLink();
    const caller = new Caller(`/child${this.#count}`);
    furnish(core, caller, "child");
    this.#role.welcome(here);
    await role.join(there);
    await this.#role.arrival(remote.peer.id);
    return {
      here,
      there,
      converse: () => ({
        // Of its own calls, a child whose link goes on loses some without hearing of it.
        child: converse(core, caller, "main", 20),
        main: converse(this.main, this.#caller, "child", Infinity),
      }),
      end: async () => {
        here.mercy = there.mercy = 0;
        this.#drop(remote);
        there.destroy();
        // As an engine closes.
        await core.deliverRest();
        core.services.outlive();
        caller.end(() => new Error("it has ended"));
        await role.close();
        await core.close();
      },
    };
  }

  #drop(remote: Remote): void {
    this.#role.dropRemote(remote, new Error("it was fuzzed"));
  }

  /** Whether the main engine still serves. */
  async serves(): Promise<boolean> {
    return (await this.main.services.callByName(this.#caller, "/main/echo", (name) => name, 5, { timeout: 2000 }).catch(() => 0)) === 5;
  }

  async close(): Promise<void> {
    await this.#role.close();
    await this.main.close();
  }
}

/** A child of the main engine. */
export interface Child {
  /** The main engine's end of the link. */
  readonly here: MemoryConnection;
  readonly there: MemoryConnection;
  /** Says what engines say to each other, both ways. */
  converse(): Readonly<Record<"child" | "main", Readonly<Record<string, Promise<unknown>>>>>;
  end(): Promise<void>;
}

/** Decodes a message, where it can be. */
export function decoded(parts: readonly Uint8Array[]): unknown[] | undefined {
  try {
    const batch = cbor.decode(parts);
    return Array.isArray(batch) ? batch : undefined;
  } catch {
    return undefined;
  }
}

function furnish(core: Core, owner: Caller, who: string): void {
  const { services, streams } = core;
  services.provide(`/${who}/echo`, owner, (input) => input, false, {});
  services.provide(`/${who}/fail`, owner, () => Promise.reject(new RangeError("no")), false, {});
  async function* steps(): AsyncGenerator<number, string> {
    yield 1;
    yield 2;
    return "done";
  }
  services.provide(`/${who}/steps`, owner, () => steps(), true, {});
  streams.publish(`/${who}/beat`, owner, { latched: true });
  for (const other of ["main", "child"]) streams.subscribe(`/${other}/beat`, owner, {}, true, () => {}).on(() => {});
}

/** What comes and goes, by whose it is. */
const passes: WeakMap<Caller, Provider | undefined> = new WeakMap();

/** Something that others see comes, and what was there goes. */
function come({ services, streams }: Core, caller: Caller): void {
  const passing = `${caller.name}/passing`;
  try {
    const provider = passes.get(caller);
    if (provider !== undefined) services.withdraw(provider);
    passes.set(caller, provider === undefined ? services.provide(passing, caller, (input) => input, false, {}) : undefined);
    const [publisher] = streams.published(passing)?.publishers ?? [];
    if (publisher !== undefined) streams.unpublish(publisher);
    else streams.publish(passing, caller);
  } catch (error) {
    if (!(error instanceof DeclarationError)) throw error; // it was told that somebody else is it
  }
  const subscription = streams.subscribe("/main/beat", caller, {}, false, () => {});
  queueMicrotask(() => subscription.close());
}

function converse(core: Core, caller: Caller, other: string, timeout: number): Record<string, Promise<unknown>> {
  const call = (name: string, input: unknown) => core.services.callByName(caller, name, (written) => written, input, { timeout });
  come(core, caller);
  for (const topic of core.streams.topics()) {
    for (const publisher of topic.publishers) publisher.emit({ at: 1, image: new Uint8Array(4) });
  }
  return {
    echo: call(`/${other}/echo`, { x: [1, "two", 3n] }) as Promise<unknown>,
    fail: call(`/${other}/fail`, 1) as Promise<unknown>,
    steps: call(`/${other}/steps`, null) as Promise<unknown>,
    set: core.params.setOne(caller, "/tree/b", "y", undefined),
    compare: core.params.setOne(caller, "/a", 2, { expect: { "/a": 1 } }),
  };
}
