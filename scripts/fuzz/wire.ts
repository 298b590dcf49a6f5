import { setImmediate } from "node:timers/promises";
import { cbor } from "../../src/codec/cbor.ts";
import { Random } from "../../src/time/random.ts";
import { change } from "./change.ts";
import { mutate } from "./codec.ts";
import { type Child, decoded, Engines } from "./engines.ts";
import type { MemoryConnection } from "./memory-link.ts";

/** What came of the batches. */
export interface WireCounts {
  /** Batches that were changed on their way between two engines. */
  frames: number;
  /** Links that were closed over them, with a reason. */
  closed: number;
  /** Links that were closed without one. */
  unexplained: number;
  /** Conversations after which the link was still there. */
  survived: number;
  /** Errors that nobody caught. */
  crashed: number;
  /** Turns of the loop that took more than 2 s, calls that did not settle, and main engines that no longer serve. */
  hung: number;
  /** What went wrong first. */
  first?: string;
}

const longest = 2000; // ms
const perLink = 40; // conversations that a link has at most

/**
 * Lets two engines talk over a link that changes what goes over it; the same seed changes the same.
 *
 * @param options `frames`, the number of batches that are changed; `seed`, any whole number
 */
export async function fuzzWire({ frames, seed }: { frames: number; seed: number }): Promise<WireCounts> {
  const random = new Random(`wire ${seed}`);
  const next = (below: number): number => Math.floor(random.next() * below);
  const counts: WireCounts = { frames: 0, closed: 0, unexplained: 0, survived: 0, crashed: 0, hung: 0 };
  const note = (what: "crashed" | "hung", why: unknown): void => {
    counts[what]++;
    counts.first ??= why instanceof Error ? String(why.stack) : String(why);
  };
  const crashed = (error: unknown): void => note("crashed", error);
  process.on("uncaughtException", crashed).on("unhandledRejection", crashed);
  const engines = new Engines();
  await engines.open();
  let last: readonly Uint8Array[] = [new Uint8Array([0x80])];
  /** What becomes of a message. */
  const alter = (parts: Uint8Array[]): Uint8Array[] => {
    const before = last;
    last = parts;
    if (next(3) === 0) return parts;
    counts.frames++;
    const batch = next(3) === 0 ? undefined : decoded(parts);
    try {
      return batch === undefined ? mutate(parts, before[0]!, next) : cbor.encode(change(batch, next));
    } catch {
      return mutate(parts, before[0]!, next); // what was changed cannot be encoded
    }
  };
  const outstanding: Outstanding = new Map();
  while (counts.frames < frames) {
    const child = await engines.child();
    const theirs: Outstanding = new Map();
    const ignored: Outstanding = new Map();
    const sides = next(3);
    if (sides !== 0) child.here.pass = alter;
    if (sides !== 1) child.there.pass = alter;
    for (let i = 0; i < perLink && child.here.closed === undefined && counts.frames < frames; i++) {
      const { main, child: own } = child.converse();
      for (const [what, said] of Object.entries(main)) watch(outstanding, what, said);
      for (const [what, said] of Object.entries(own)) watch(writes.has(what) ? ignored : theirs, what, said);
      const start = performance.now();
      for (let turn = 0; turn < 3; turn++) await setImmediate();
      if (performance.now() - start > longest) note("hung", "a turn took too long");
    }
    judge(child, counts);
    // A child whose link broke ends, and settles nothing any more.
    if (child.here.closed === undefined && !(await allSettled(theirs))) note("hung", `${tell(theirs)} of a child did not settle`);
    await child.end();
    if (counts.frames % 16 === 0 && !(await engines.serves())) note("hung", "the main engine no longer serves");
  }
  if (!(await allSettled(outstanding))) note("hung", `${tell(outstanding)} of the main engine did not settle`);
  await engines.close();
  await setImmediate();
  process.off("uncaughtException", crashed).off("unhandledRejection", crashed);
  return counts;
}

/** How much of each kind has not settled. */
type Outstanding = Map<string, number>;

/** A child waits for its writes until the main engine has answered, or is lost. */
const writes: ReadonlySet<string> = new Set(["set", "compare"]);

function watch(outstanding: Outstanding, what: string, said: Promise<unknown>): void {
  outstanding.set(what, (outstanding.get(what) ?? 0) + 1);
  void said.then(() => {}, () => {}).finally(() => outstanding.set(what, outstanding.get(what)! - 1));
}

function tell(outstanding: Outstanding): string {
  return [...outstanding].filter(([, count]) => count > 0).map(([what, count]) => `${count} ${what}`).join(", ");
}

async function allSettled(outstanding: Outstanding): Promise<boolean> {
  for (let waited = 0; tell(outstanding) !== "" && waited < longest; waited += 20) await new Promise((resolve) => setTimeout(resolve, 20));
  return tell(outstanding) === "";
}

function judge({ here, there }: Child, counts: WireCounts): void {
  const ends: readonly MemoryConnection[] = [here, there];
  if (ends.every(({ closed }) => closed === undefined)) counts.survived++;
  else if (ends.some(({ closed }) => closed instanceof Error)) counts.closed++;
  else counts.unexplained++;
}
