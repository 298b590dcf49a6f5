import { Burst } from "./lib/burst.ts";
import { byHand, type Emitter, eventEmitter } from "./lib/emitters.ts";
import { fresh } from "./lib/fresh.ts";
import { copyPoint, copyReport, type Point, point, type Report, report } from "./lib/items.ts";
import { isAbsent } from "./lib/peers.ts";
import { pyros } from "./lib/pyros.ts";
import type { Absent, Question } from "./lib/question.ts";
import { type Contestant, type Field, race } from "./lib/race.ts";

/** Items emitted in one go, before anyone waits for their delivery. */
const burstSize = 100;

/** Emits one and the same object in bursts, as a node emits its state; who copies it, and how, is the emitter's matter. */
function contestant<T extends object>(emitter: Emitter<T> | Absent, item: T): Contestant | Absent {
  if (isAbsent(emitter)) return emitter;
  const burst = new Burst();
  const emitAll = fresh((emit: (value: T) => void, item: T, items: number): void => {
    for (let i = 0; i < items; i++) emit(item);
  });
  emitter.on(burst.objects<T>());
  return {
    per: burstSize,
    async run(steps) {
      for (let step = 0; step < steps; step++) {
        const delivered = burst.expect(burstSize);
        emitAll(emitter.emit, item, burstSize);
        await delivered;
      }
    },
    close: emitter.close,
  };
}

/** An emitter that sends a copy. */
function copying<T>(inner: Emitter<T>, copy: (value: T) => T): Emitter<T> {
  return { on: inner.on, emit: (value) => inner.emit(copy(value)) };
}

function field<T extends object>(item: T, copy: (value: T) => T): Field {
  return {
    us: async () => contestant(await pyros<T>(), item),
    floor: () => contestant(copying<T>(byHand(1), copy), item),
    peers: {
      structuredClone: () => contestant(copying<T>(byHand(1), structuredClone), item),
      "EventEmitter + structuredClone": () => contestant(copying<T>(eventEmitter(), structuredClone), item),
    },
  };
}

export const question: Question = {
  id: "loop-stream-object",
  question: `an object on a stream, the subscriber gets its own copy; in bursts of ${burstSize} that are waited for`,
  unit: "ns",
  better: "lower",
  floor: "a copy written by hand, then a plain call",
  variants: [
    { name: "{x, y, z}" },
    { name: "{x, y, z} of integers" },
    {
      name: "1 kB, nested",
    },
  ],
  must: { atMost: { floor: 4 }, faster: { structuredClone: 8 } },
  aim: { atMost: { floor: 3 } },
  measure(variant, budget) {
    if (variant === "1 kB, nested") {
      return race(field<Report>(report(), copyReport), budget);
    }
    return race(field<Point>(variant === "{x, y, z}" ? point() : { x: 1, y: 2, z: 3 }, copyPoint), budget);
  },
};
