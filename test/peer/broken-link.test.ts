/** What becomes of what is under way between two engines when the link between them breaks, and both go on. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type MemoryConnection, memoryLink } from "../../scripts/fuzz/memory-link.ts";
import { cbor } from "../../src/codec/cbor.ts";
import { Core } from "../../src/engine/core/core.ts";
import type { EnginePlan } from "../../src/engine/core/plan.ts";
import { LinkError } from "../../src/errors.ts";
import { Hub } from "../../src/peer/hub.ts";
import type { LedgerEntry } from "../../src/peer/messages.ts";
import { Caller } from "../../src/service/caller.ts";
import type { Publisher } from "../../src/stream/publisher.ts";
import type { Subscription } from "../../src/stream/subscription.ts";
import { rejection, until } from "../conformance/harness.ts";

const plan: EnginePlan = {
  rate: 60,
  clock: "live",
  seed: "0",
  speed: Infinity,
  wire: { codec: cbor, codecSource: "cbor", link: "zmtp" },
  load: () => Promise.reject(new Error("nothing is loaded here")),
  development: false,
  params: {},
  overrides: {},
  paramsFile: undefined,
  systems: [],
  nodes: [],
};

const turn = () => new Promise((resolve) => setTimeout(resolve));

/** Two engines that know the same ledger, with a link between them as soon as one has something to say. */
class Pair {
  readonly cores: readonly Core[] = [new Core(plan), new Core(plan)];
  readonly hubs: readonly Hub[];
  /** The ends of the link; undefined while there is none. */
  ends: readonly MemoryConnection[] | undefined;
  /** Whether a link can be made. */
  reachable = true;
  #position = 0;

  constructor() {
    this.hubs = this.cores.map((core, i) => new Hub(i + 1, core.parts, () => undefined));
    for (const [i, hub] of this.hubs.entries()) {
      const other = (): Hub => this.hubs[1 - i]!;
      hub.onNew = (remote) => remote.peer.id !== 0 && queueMicrotask(() => this.reachable ? this.#link() : hub.unmet(remote, "no way"));
      hub.remote(other().id, `engine ${other().id}`);
      hub.open({ append: (_sender, entry) => this.#enter(hub.id, entry) });
    }
  }

  publish(latched = false): Publisher {
    return this.cores[0]!.streams.publish("/items", new Caller("/publisher"), { latched });
  }

  subscribe(): Subscription {
    return this.cores[1]!.streams.subscribe("/items", new Caller("/subscriber"), { depth: 1000 }, false, () => {});
  }

  /** Everything is lost from now on that goes over the link. */
  mute(): void {
    for (const end of this.ends!) end.pass = () => undefined;
  }

  async break(): Promise<void> {
    const [one] = this.ends!;
    this.ends = undefined;
    one!.destroy(new Error("cut"));
    await turn();
  }

  async end(): Promise<void> {
    for (const hub of this.hubs) hub.drop(hub.id === 1 ? 2 : 1, new Error("it has ended"));
    for (const core of this.cores) await core.close();
  }

  #link(): void {
    if (this.ends !== undefined) return;
    this.ends = memoryLink();
    for (const [i, hub] of this.hubs.entries()) hub.remote(2 - i).peer.attach({ hello: {}, connection: this.ends[i]!, early: [] });
  }

  #enter(engine: number, entry: LedgerEntry): void {
    this.#position++;
    for (const hub of this.hubs) hub.enter(this.#position, engine, entry);
  }
}

let pair: Pair;
beforeEach(() => void (pair = new Pair()));
afterEach(() => pair.end());

/** What does not come out even, and the rest of the account. */
function booked({ counts }: Subscription): object {
  const { sent, delivered, waiting } = counts;
  const dropped = Object.fromEntries(Object.entries(counts.dropped).filter(([, items]) => items > 0));
  return { sent, delivered, waiting, dropped };
}

function emit(publisher: Publisher, items: number, value: unknown = 1): void {
  for (let i = 0; i < items; i++) publisher.emit(value);
}

describe("items that were under way on a link that broke", () => {
  it("are counted as lost there, also when no other one follows", async () => {
    const publisher = pair.publish();
    const missed: number[] = [];
    const subscription = pair.subscribe().on((_: unknown, info) => void missed.push(info.missed));
    emit(publisher, 5);
    await turn();
    pair.mute();
    emit(publisher, 3);
    await turn();
    expect(booked(subscription)).toEqual({ sent: 5, delivered: 5, waiting: 0, dropped: {} });
    await pair.break();
    await until(() => subscription.counts.sent === 8);
    expect(booked(subscription)).toEqual({ sent: 8, delivered: 5, waiting: 0, dropped: { link: 3 } });
    emit(publisher, 2);
    await until(() => subscription.counts.delivered === 7);
    expect(booked(subscription)).toEqual({ sent: 10, delivered: 7, waiting: 0, dropped: { link: 3 } });
    expect(missed).toEqual([0, 0, 0, 0, 0, 3, 0]);
  });

  it("are counted once where the link breaks again and again, and can not be made for a while", async () => {
    const publisher = pair.publish();
    const subscription = pair.subscribe().on(() => {});
    emit(publisher, 1);
    await turn();
    for (let round = 0; round < 3; round++) {
      pair.mute();
      emit(publisher, 10);
      await turn();
      pair.reachable = false;
      await pair.break();
      emit(publisher, 10); // for whom nobody finds a way
      await turn();
      await turn();
      pair.reachable = true;
      emit(publisher, 1);
      await turn();
      await turn();
    }
    expect(booked(subscription)).toEqual({ sent: 64, delivered: 4, waiting: 0, dropped: { link: 60 } });
  });

  it("are counted where they were the first ones", async () => {
    const publisher = pair.publish();
    const subscription = pair.subscribe().on(() => {});
    pair.reachable = false;
    emit(publisher, 4);
    await turn();
    pair.reachable = true;
    emit(publisher, 1);
    await until(() => subscription.counts.delivered === 1);
    expect(booked(subscription)).toEqual({ sent: 5, delivered: 1, waiting: 0, dropped: { link: 4 } });
  });

  it("are counted where only the newest one counts", async () => {
    const publisher = pair.publish();
    const subscription = pair.subscribe();
    emit(publisher, 5);
    await turn();
    expect(subscription.latest).toBe(1);
    await turn();
    pair.mute();
    emit(publisher, 1); // goes
    await turn();
    emit(publisher, 3); // the last one waits until it is taken
    await pair.break();
    await until(() => subscription.counts.sent === 9);
    expect(subscription.latest).toBe(1);
    expect(booked(subscription)).toEqual({ sent: 9, delivered: 2, waiting: 0, dropped: { latest: 6, link: 1 } });
  });

  it("are counted where they travel in chunks", async () => {
    const publisher = pair.publish();
    const subscription = pair.subscribe().on(() => {});
    emit(publisher, 1);
    await turn();
    pair.mute();
    emit(publisher, 3, new Uint8Array(200_000));
    await turn();
    await pair.break();
    emit(publisher, 1, new Uint8Array(100));
    await until(() => subscription.counts.sent === 5);
    await until(() => subscription.counts.waiting === 0);
    const { delivered, dropped } = subscription.counts;
    expect(delivered + dropped.link).toBe(5);
    expect(dropped.link).toBeGreaterThan(0);
  });

  it("are nothing to somebody who has subscribed anew", async () => {
    const publisher = pair.publish();
    const first = pair.subscribe().on(() => {});
    emit(publisher, 5);
    await turn();
    pair.mute();
    emit(publisher, 3);
    await turn();
    first.close();
    const second = pair.subscribe().on(() => {});
    await pair.break();
    emit(publisher, 2);
    await until(() => second.counts.delivered === 2);
    expect(booked(second)).toEqual({ sent: 2, delivered: 2, waiting: 0, dropped: {} });
  });
});

describe("what was asked over a link that broke", () => {
  it("is not waited for any more", async () => {
    const [one] = pair.hubs;
    emit(pair.publish(), 1);
    const { peer } = one!.remote(2);
    const asked = peer.ask({ name: "/" }, "flushed", []);
    await asked;
    pair.mute();
    const lost = rejection(peer.ask({ name: "/" }, "flushed", []));
    const flushed = one!.flush();
    await turn();
    await pair.break();
    expect(await lost).toBeInstanceOf(LinkError);
    await flushed;
    pair.reachable = false;
    pair.ends?.[0]!.destroy();
    await turn();
    await expect(peer.ask({ name: "/" }, "flushed", [])).rejects.toThrow("there is no way to engine 2: no way");
  });
});
