import { Burst } from "./lib/burst.ts";
import { byHand, type Emitter, eventEmitter, mitt, rxjs } from "./lib/emitters.ts";
import { fresh } from "./lib/fresh.ts";
import type { Point } from "./lib/items.ts";
import { isAbsent } from "./lib/peers.ts";
import { pyros } from "./lib/pyros.ts";
import type { Absent, Question } from "./lib/question.ts";
import { type Contestant, type Field, race } from "./lib/race.ts";

/** Items emitted in one go, before anyone waits for their delivery. */
const burstSize = 100;

/** What is sent: how a subscriber takes it, and how a burst of it is emitted. */
interface Kind<T> {
  subscriber(burst: Burst): (value: T) => void;
  emitAll(this: void, emit: (value: T) => void, items: number): void;
}

const numbers: Kind<number> = {
  subscriber: (burst) => burst.numbers(),
  emitAll: (emit, items) => {
    for (let i = 0; i < items; i++) emit(i);
  },
};

const sharedObjects: Kind<Point> = {
  subscriber: (burst) => burst.objects<Point>(),
  emitAll: (emit, items) => {
    for (let i = 0; i < items; i++) emit({ x: i, y: 1, z: 2 });
  },
};

/** Emits bursts and waits for each until its last item has been delivered; one operation is one item emitted. */
function contestant<T>(emitter: Emitter<T> | Absent, kind: Kind<T>, subscribers: number): Contestant | Absent {
  if (isAbsent(emitter)) return emitter;
  const burst = new Burst();
  const emitAll = fresh(kind.emitAll);
  for (let i = 0; i < subscribers; i++) emitter.on(kind.subscriber(burst));
  return {
    per: burstSize,
    async run(steps) {
      for (let step = 0; step < steps; step++) {
        const delivered = burst.expect(burstSize * subscribers);
        emitAll(emitter.emit, burstSize);
        await delivered;
      }
    },
    close: emitter.close,
  };
}

function field<T>(kind: Kind<T>, shared: boolean, subscribers: number): Field {
  const make = (emitter: Emitter<T> | Absent): Contestant | Absent => contestant(emitter, kind, subscribers);
  return {
    us: async () => make(await pyros<T>({ share: shared })),
    floor: () => make(byHand(subscribers)),
    peers: {
      EventEmitter: () => make(eventEmitter()),
      mitt: async () => make(await mitt()),
      "rxjs Subject": async () => make(await rxjs()),
    },
  };
}

export const question: Question = {
  id: "loop-stream",
  question: `an item on a stream, in bursts of ${burstSize} that are waited for`,
  unit: "ns",
  better: "lower",
  floor: "plain calls of the callbacks",
  variants: [
    { name: "number to 1 callback" },
    { name: "number to 10 callbacks" },
    { name: "shared object to 1 callback" },
    { name: "shared object to 10 callbacks" },
  ],
  must: { atMost: { EventEmitter: 2 } },
  aim: { faster: { EventEmitter: 1 } },
  measure(variant, budget) {
    const shared = variant.startsWith("shared");
    const subscribers = variant.includes("to 10") ? 10 : 1;
    return race(shared ? field(sharedObjects, true, subscribers) : field(numbers, false, subscribers), budget);
  },
};
