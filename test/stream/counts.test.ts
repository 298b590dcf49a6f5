import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Publisher } from "../../src/stream/publisher.ts";
import type { StreamOptions, SubscribeOptions } from "../../src/stream/options.ts";
import type { ItemInfo } from "../../src/stream/run.ts";
import type { Subscription } from "../../src/stream/subscription.ts";
import type { Clock } from "../../src/time/clock.ts";
import { SimClock } from "../../src/time/clock.ts";
import { droppedOf, liveBench, simBench, type StreamBench } from "./support.ts";

type How = "callback" | "informed" | "async" | "throws" | "emits" | "closes" | "iterate" | "latest" | "late" | "readsAll";

type Command =
  | { do: "publish"; options: StreamOptions }
  | { do: "unpublish"; which: number }
  | { do: "emit"; which: number; count: number; bytes: number }
  | { do: "subscribe"; how: How; options: SubscribeOptions }
  | { do: "close" | "release" | "next" | "break" | "latest" | "pause" | "resume" | "on"; which: number }
  | { do: "deliver" }
  | { do: "time"; ms: number };

const which = fc.nat(20);
const rate = fc.option(fc.constantFrom(5, 50, 1000, 1e6), { nil: undefined });
const command: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant("publish" as const),
      options: fc.record({
        depth: fc.option(fc.integer({ min: 1, max: 4 }), { nil: undefined }),
        latched: fc.boolean(),
        maxRate: rate,
        share: fc.boolean(),
      }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("unpublish" as const), which }) },
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant("emit" as const),
      which,
      count: fc.oneof(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 15, max: 40 })),
      bytes: fc.nat(40),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant("subscribe" as const),
      how: fc.constantFrom<How>("callback", "informed", "async", "throws", "emits", "closes", "iterate", "latest", "late", "readsAll"),
      options: fc.record({
        depth: fc.option(fc.integer({ min: 1, max: 20 }), { nil: undefined }),
        maxBytes: fc.option(fc.integer({ min: 1, max: 200 }), { nil: undefined }),
        maxRate: rate,
        maxAge: fc.option(fc.integer({ min: 1, max: 100 }), { nil: undefined }),
      }),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constantFrom("close", "release", "release", "next", "next", "break", "latest", "latest", "pause", "resume", "on"),
      which,
    }) as fc.Arbitrary<Command>,
  },
  { weight: 5, arbitrary: fc.constant({ do: "deliver" as const }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("time" as const), ms: fc.integer({ min: 1, max: 300 }) }) },
);

interface Reader {
  readonly how: How;
  readonly subscription: Subscription<any>;
  /** Emitted by anybody since it came, until it left. */
  sent: number;
  /** Items that it got: the number of its publisher, and by whom. */
  readonly got: { seq: number; publisher: string; order: number; missed: number }[];
  iterator: AsyncIterator<any> | undefined;
  release: (() => void)[];
  open: boolean;
}

/** Does what the commands say, and looks at every account after each step and inside every callback. */
class Trial {
  readonly bench: StreamBench<Clock>;
  readonly publishers: Publisher[] = [];
  readonly readers: Reader[] = [];
  order = 0;
  failure: unknown;
  depth = 0;

  constructor(bench: StreamBench<Clock>) {
    this.bench = bench;
  }

  check(where: string, inside = false): void {
    for (const [i, reader] of this.readers.entries()) {
      const { counts } = reader.subscription;
      const text = `${where}: reader ${i} (${reader.how}) ${JSON.stringify(counts)}`;
      if (counts.sent !== counts.delivered + droppedOf(counts) + counts.waiting) throw new Error(`not exact at ${text}`);
      if (counts.waiting < 0 || Object.values(counts.dropped).some((n) => n < 0)) throw new Error(`negative at ${text}`);
      // What a loop is handed is known here a microtask later.
      if (!(inside && reader.how === "iterate") && counts.delivered !== reader.got.length) {
        throw new Error(`it got ${reader.got.length} items, at ${text}`);
      }
      const greeted = counts.sent - reader.sent;
      if (greeted < 0 || greeted > this.publishers.length) throw new Error(`${reader.sent} were sent, at ${text}`);
    }
  }

  /** Inside a callback nothing may throw through; the first failure is told at the end. */
  inside(where: string): void {
    try {
      this.check(where, true);
    } catch (error) {
      this.failure ??= error;
    }
  }

  emit(publisher: Publisher, bytes: number): void {
    if (!publisher.topic.publishers.has(publisher)) return; // what it emits after it has left is lost before it is sent
    const order = ++this.order;
    for (const reader of this.readers) if (reader.open) reader.sent++;
    publisher.emit({ order, fill: "x".repeat(bytes) });
  }

  note(reader: Reader, value: any): void {
    const info = reader.subscription.info as ItemInfo;
    reader.got.push({ seq: info.seq, publisher: info.publisher, order: value.order, missed: info.missed });
    this.inside("a read");
  }

  callback(reader: Reader): (value: any, info?: ItemInfo) => unknown {
    const { how } = reader;
    const plain = (value: any): unknown => {
      this.note(reader, value);
      if (how === "throws") throw new Error("a subscriber that throws");
      if (how === "async") return new Promise<void>((resolve) => reader.release.push(resolve));
      if (how === "closes" && reader.got.length > 3) this.close(reader);
      if (how === "readsAll") { for (const other of this.readers) if (other.how === "latest") this.latest(other); }
      if (how === "emits" && this.depth < 3 && this.publishers.length > 0) {
        this.depth++;
        this.emit(this.publishers[value.order % this.publishers.length]!, 1);
      }
      this.inside("a callback");
      return undefined;
    };
    return how === "informed" ? (value, info) => (expect(info).toEqual(reader.subscription.info), plain(value)) : plain;
  }

  close(reader: Reader): void {
    reader.subscription.close();
    reader.open = false;
  }

  latest(reader: Reader): void {
    if (reader.how !== "latest") return;
    const before = reader.subscription.counts.delivered;
    const { latest } = reader.subscription;
    if (reader.subscription.counts.delivered > before) this.note(reader, latest);
  }

  async run(command: Command): Promise<void> {
    this.depth = 0;
    const { streams, clock, dispatcher } = this.bench;
    switch (command.do) {
      case "publish":
        this.publishers.push(streams.publish("/s", { name: `/p${this.publishers.length}` }, command.options));
        break;
      case "unpublish": {
        const publisher = pick(this.publishers, command.which);
        if (publisher !== undefined) streams.unpublish(publisher);
        break;
      }
      case "emit": {
        const publisher = pick(this.publishers, command.which);
        if (publisher !== undefined) { for (let i = 0; i < command.count; i++) this.emit(publisher, command.bytes); }
        break;
      }
      case "subscribe": {
        const { how, options } = command;
        const queued = how !== "latest" && how !== "callback";
        const subscription = streams.subscribe<any>("/s", { name: `/r${this.readers.length}` }, options, queued, () => {});
        const reader: Reader = { how, subscription, sent: 0, got: [], iterator: undefined, release: [], open: true };
        this.readers.push(reader);
        if (how === "iterate") reader.iterator = subscription[Symbol.asyncIterator]();
        else if (how !== "latest" && how !== "late") subscription.on(this.callback(reader));
        break;
      }
      case "time":
        if (clock instanceof SimClock) clock.advance(clock.now() + command.ms);
        break;
      case "deliver":
        if (clock instanceof SimClock) dispatcher.round();
        else await new Promise((resolve) => setImmediate(resolve));
        break;
      default: {
        const reader = pick(this.readers, command.which);
        if (reader !== undefined) this.read(reader, command.do);
      }
    }
    for (let i = 0; i < 4; i++) await Promise.resolve();
    this.check(JSON.stringify(command));
    if (this.failure !== undefined) throw this.failure;
  }

  read(reader: Reader, what: string): void {
    const { subscription } = reader;
    if (what === "close") this.close(reader);
    if (what === "release") reader.release.shift()?.();
    if (what === "pause") subscription.pause();
    if (what === "resume") subscription.resume();
    if (what === "latest") this.latest(reader);
    if (what === "on" && reader.how === "late" && reader.iterator === undefined) subscription.on(this.callback(reader));
    if (what === "next" && reader.how === "iterate") {
      void reader.iterator!.next().then(({ done, value }) => {
        if (!done) reader.got.push({ seq: 0, publisher: "", order: value.order, missed: 0 });
      });
    }
    if (what === "break" && reader.how === "iterate") {
      void reader.iterator!.return!();
      reader.open = false;
    }
  }
}

function pick<T>(list: readonly T[], which: number): T | undefined {
  return list.length === 0 ? undefined : list[which % list.length];
}

async function trial(bench: StreamBench<Clock>, commands: readonly Command[]): Promise<Trial> {
  const trial = new Trial(bench);
  await trial.run({ do: "publish", options: {} });
  for (const command of commands) await trial.run(command);
  return trial;
}

describe("the account of a subscriber", () => {
  test("is exact at every moment, whatever happens, in simulated time", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(command, { maxLength: 60, size: "max" }), async (commands) => {
        const bench = simBench();
        const { readers } = await trial(bench, commands);
        // At the end everything is either delivered or counted as lost.
        for (const { subscription } of readers) subscription.close();
        for (const { subscription } of readers) {
          const { counts } = subscription;
          expect(counts.waiting).toBe(0);
          expect(counts.sent).toBe(counts.delivered + droppedOf(counts));
        }
        bench.dispatcher.close();
      }),
      { numRuns: 1500 },
    );
  });

  test("is exact at every moment, whatever happens, in live time", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(command, { maxLength: 40, size: "max" }), async (commands) => {
        const bench = liveBench();
        const { readers } = await trial(bench, commands);
        for (const { subscription } of readers) subscription.close();
        bench.dispatcher.close();
        bench.clock.close();
      }),
      { numRuns: 400 },
    );
  });

  test("keeps the order of each publisher, and tells of every loss once, by the item after it", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(command.filter((c) => c.do !== "publish" && c.do !== "unpublish"), { maxLength: 60, size: "max" }),
        fc.constantFrom<StreamOptions>({}, { maxRate: 50 }),
        async (commands, options) => {
          const bench = simBench();
          const trial = new Trial(bench);
          await trial.run({ do: "publish", options });
          for (const command of commands) await trial.run(command);
          for (const { got, how } of trial.readers) {
            if (how === "iterate") continue; // its items are not noted here
            for (const [i, item] of got.entries()) {
              if (i > 0) expect(item.seq, JSON.stringify(got)).toBe(got[i - 1]!.seq + item.missed + 1);
            }
          }
          bench.dispatcher.close();
        },
      ),
      { numRuns: 800 },
    );
  });
});
