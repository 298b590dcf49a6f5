import { setImmediate } from "node:timers/promises";
import { cbor } from "../../src/codec/cbor.ts";
import { Random } from "../../src/time/random.ts";
import { change } from "./change.ts";
import { mutate } from "./codec.ts";
import { decoded, Engines } from "./engines.ts";

/** What came of the batches. */
export interface WireCounts {
  /** Batches that were changed on their way between two engines. */
  frames: number;
  /** How often a link was closed over them with a reason, or would have been: most go on, so that the next batch needs no new one. */
  closed: number;
  /** Links that were closed without one. */
  unexplained: number;
  /** Links that were still there in the end. */
  survived: number;
  /** Errors that nobody caught. */
  crashed: number;
  /** Turns of the loop that took more than 2 s of work, calls that did not settle, and main engines that no longer serve. */
  hung: number;
  /** What went wrong first. */
  first?: string;
}

const longest = 2000; // ms
const longestStall = 20_000; // ms
const perLink = 12; // conversations that a link has at most
const mercy = 30; // reasons to close that each end of a link survives
const lanes = 8; // links at once: one is used while another one waits for what has to settle

/**
 * Lets two engines talk over a link that changes what goes over it; the same seed changes the same.
 *
 * @param options `frames`, the number of batches that are changed; `seed`, any whole number
 */
export async function fuzzWire({ frames, seed }: { frames: number; seed: number }): Promise<WireCounts> {
  const counts: WireCounts = { frames: 0, closed: 0, unexplained: 0, survived: 0, crashed: 0, hung: 0 };
  const note = (what: "crashed" | "hung", why: unknown): void => {
    counts[what]++;
    counts.first ??= why instanceof Error ? String(why.stack) : String(why);
  };
  const crashed = (error: unknown): void => note("crashed", error);
  process.on("uncaughtException", crashed).on("unhandledRejection", crashed);
  const engines = new Engines();
  await engines.open();
  const outstanding: Outstanding = new Map();
  /** One link after the other. */
  const lane = async (name: string): Promise<void> => {
    const random = new Random(name);
    const next = (below: number): number => Math.floor(random.next() * below);
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
    for (let link = 0; counts.frames < frames; link++) {
      const child = await engines.child();
      const { here, there } = child;
      const theirs: Outstanding = new Map();
      const ignored: Outstanding = new Map();
      const sides = next(3);
      if (sides !== 0) here.pass = alter;
      if (sides !== 1) there.pass = alter;
      here.mercy = there.mercy = next(4) === 0 ? 0 : mercy;
      for (let i = 0; i < perLink && here.closed === undefined && counts.frames < frames; i++) {
        const { main, child: own } = child.converse();
        for (const [what, said] of Object.entries(main)) watch(outstanding, what, said);
        for (const [what, said] of Object.entries(own)) watch(writes.has(what) ? ignored : theirs, what, said);
        const start = cpuTime();
        for (let turn = 0; turn < 3; turn++) await setImmediate();
        if (cpuTime() - start > longest) note("hung", "a turn took too long");
      }
      counts.closed += here.reasons + there.reasons;
      if (here.closed === undefined && there.closed === undefined) counts.survived++;
      else if (here.reasons + there.reasons === 0) counts.unexplained++;
      // A child whose link broke ends, and settles nothing any more.
      if (here.closed === undefined && !(await allSettled(theirs))) note("hung", `${tell(theirs)} of a child did not settle`);
      await child.end();
      if (link % 16 === 0 && !(await engines.serves())) note("hung", "the main engine no longer serves");
    }
  };
  let stalled!: () => void;
  const stall = new Promise<void>((resolve) => (stalled = resolve));
  let before = -1;
  const looking = setInterval(() => {
    if (counts.frames === before) stalled();
    before = counts.frames;
  }, longestStall);
  const all = Promise.all(Array.from({ length: lanes }, (_, i) => lane(`wire ${seed} ${i}`)));
  if (!(await Promise.race([all.then(() => true, crashed), stall]))) note("hung", "a link was neither made nor ended");
  clearInterval(looking);
  if (!(await allSettled(outstanding))) note("hung", `${tell(outstanding)} of the main engine did not settle`);
  await engines.close();
  await setImmediate();
  process.off("uncaughtException", crashed).off("unhandledRejection", crashed);
  return counts;
}

/** Ms of work that this process has done: on a busy machine, time passes without it. */
function cpuTime(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
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
  for (let waited = 0; tell(outstanding) !== "" && waited < longest; waited += 5) await new Promise((resolve) => setTimeout(resolve, 5));
  return tell(outstanding) === "";
}
