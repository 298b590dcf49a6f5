import fc from "fast-check";
import { expect, onTestFinished, test } from "vitest";
import { Dispatcher } from "../../src/dispatch/dispatcher.ts";
import type { Delivery } from "../../src/dispatch/delivery.ts";
import { LiveClock, SimClock } from "../../src/time/clock.ts";

function live(): Dispatcher {
  const clock = new LiveClock();
  const dispatcher = new Dispatcher(clock);
  onTestFinished(() => {
    dispatcher.close();
    clock.close();
  });
  return dispatcher;
}
const turn = () => new Promise((resolve) => setImmediate(resolve));
const from = (name: string, deliver: (most: number) => boolean | void): Delivery => ({ sender: { name }, deliver });

test("send() delivers in the order of sending, in microtasks, and never inside the sender", async () => {
  const dispatcher = live();
  const got: number[] = [];
  for (let i = 0; i < 5; i++) dispatcher.send(from("/a", () => void got.push(i)));
  expect(got).toEqual([]);
  expect(dispatcher.waiting).toBe(5);
  await Promise.resolve();
  expect(got).toEqual([0, 1, 2, 3, 4]);
  expect(dispatcher.waiting).toBe(0);
});

test("send() inside a delivery waits for all that was sent before", async () => {
  const dispatcher = live();
  const got: string[] = [];
  dispatcher.send(from("/a", () => {
    got.push("a begins");
    dispatcher.send(from("/a", () => void got.push("c")));
    got.push("a ends");
  }));
  dispatcher.send(from("/b", () => void got.push("b")));
  await turn();
  expect(got).toEqual(["a begins", "a ends", "b", "c"]);
});

test("send() keeps the order of any pattern of nested sends, and of deliveries that take several goes", async () => {
  const goes = fc.integer({ min: 1, max: 40 });
  const leaf = fc.record({ goes, children: fc.constant([] as unknown[]) });
  const branch = fc.record({ goes, children: fc.array(leaf, { maxLength: 3 }) });
  const shape = fc.record({ goes, children: fc.array(fc.oneof(leaf, branch), { maxLength: 4 }) });
  await fc.assert(
    fc.asyncProperty(fc.array(shape, { maxLength: 8 }), async (trees) => {
      const dispatcher = live();
      let sent = 0;
      const got: number[] = [];
      const send = ({ goes, children }: { goes: number; children: unknown[] }): void => {
        const number = sent++;
        let left = goes;
        dispatcher.send(from("/a", (most) => {
          left -= Math.min(most, left);
          if (left > 0) return true;
          got.push(number);
          for (const child of children) send(child as never);
          return false;
        }));
      };
      for (const tree of trees) send(tree);
      while (dispatcher.waiting > 0) await turn();
      expect(got).toEqual([...Array(sent).keys()]);
    }),
    { numRuns: 100 },
  );
});

test("a million deliveries in one turn leave an empty queue", async () => {
  const dispatcher = live();
  let got = 0;
  const one = from("/a", () => void got++);
  for (let i = 0; i < 1_000_000; i++) dispatcher.send(one);
  while (dispatcher.waiting > 0) await turn();
  expect(got).toBe(1_000_000);
});

test("round() delivers what waits by senders' names and their own order; what is sent meanwhile waits for the next", () => {
  let woken = 0;
  const dispatcher = new Dispatcher(new SimClock(), () => void woken++);
  const got: string[] = [];
  const say = (name: string, text: string) => from(name, () => void got.push(text));
  dispatcher.send(say("/b", "b1"));
  dispatcher.send(from("/a", () => {
    got.push("a1");
    dispatcher.send(say("/0", "later"));
  }));
  dispatcher.send(say("/b", "b2"));
  dispatcher.send(say("/a", "a2"));
  expect(woken).toBe(1);
  expect(dispatcher.round()).toBe(4);
  expect(got).toEqual(["a1", "a2", "b1", "b2"]);
  expect(dispatcher.round()).toBe(1);
  expect(dispatcher.round()).toBe(0);
  expect(got.at(-1)).toBe("later");
});

test("ship() takes no longer for each delivery where a million of one sender stay, and some between them go", () => {
  const dispatcher = new Dispatcher(new SimClock(), () => {});
  let shipped = 0;
  let got = 0;
  const sender = { name: "/a" };
  const goes = { sender, ship: () => ++shipped > 0, deliver() {} };
  for (let i = 0; i < 1_000_000; i++) dispatcher.send(i % 10 === 0 ? goes : { sender, deliver: () => void got++ });
  dispatcher.ship();
  dispatcher.round();
  expect([shipped, got, dispatcher.waiting]).toEqual([100_000, 900_000, 0]);
});

test("close() forgets what waits and delivers nothing any more", async () => {
  const dispatcher = live();
  let got = 0;
  dispatcher.send(from("/a", () => void got++));
  dispatcher.close();
  dispatcher.send(from("/a", () => void got++));
  await turn();
  expect([got, dispatcher.waiting]).toEqual([0, 0]);
});

test("close() inside a delivery ends the drain", async () => {
  const dispatcher = live();
  let got = 0;
  for (let i = 0; i < 3; i++) {
    dispatcher.send(from("/a", () => {
      got++;
      dispatcher.close();
    }));
  }
  await turn();
  expect(got).toBe(1);
});

test("prune() inside a delivery forgets only what it is told to", async () => {
  const dispatcher = live();
  const got: string[] = [];
  dispatcher.send(from("/a", () => {
    got.push("a");
    dispatcher.prune(({ sender }) => sender.name !== "/b");
  }));
  for (const name of ["/b", "/c", "/b", "/d"]) dispatcher.send(from(name, () => void got.push(name)));
  await turn();
  expect(got).toEqual(["a", "/c", "/d"]);
});

test("turn carries one time until the turn ends", async () => {
  const dispatcher = live();
  const first = dispatcher.turn;
  expect(dispatcher.turn).toBe(first);
  let ended = 0;
  dispatcher.whenTurnEnds(() => ended++);
  await turn();
  await turn();
  expect(ended).toBe(1);
  expect(dispatcher.turn).not.toBe(first);
});
