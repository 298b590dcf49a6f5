import { StateError } from "../../errors.ts";
import type { Dispatcher } from "../../dispatch/dispatcher.ts";
import type { Pipeline } from "../../frame/pipeline.ts";
import type { Stage } from "../../frame/stages.ts";
import type { SimClock } from "../../time/clock.ts";
import { ExternalWork } from "./external-work.ts";
import type { RunOptions } from "./run-options.ts";
import type { SimFollowers } from "./sim-followers.ts";
import { hop, orLate, type SimTime } from "./sim-time.ts";
import { Standstills } from "./standstills.ts";

const mostRounds = 100_000; // at one moment of simulated time
const slice = 4; // ms between two pauses of a paced run, at least
const longestCalm = 1000; // ms of real time for which an end waits for what is on its way
const builtIn: ReadonlySet<Stage> = new Set(["receive", "update"]); // stages with a system that is not the user's
const longestWait = 2 ** 31 - 1; // ms that a runtime's timer can wait

/**
 * Drives simulated time: frame by frame and timer by timer, and at each moment round by round, until a round has sent nothing.
 */
export class SimDriver implements SimTime {
  readonly #clock: SimClock;
  readonly #dispatcher: Dispatcher;
  readonly #pipeline: Pipeline;
  readonly #rate: number;
  readonly #framed: () => boolean;
  readonly #outside: ExternalWork = new ExternalWork();
  #frame = 0;
  #settling: Promise<void> | undefined;
  #between: (() => Promise<void>)[] = [];
  readonly #standstills: Standstills = new Standstills();
  #stop = false;
  #closed = false;
  #hurry: (() => void) | undefined;
  #interrupt: (() => void) | undefined;
  #speed: number;
  /** Time that runs no further than `to`, in ms, because it follows a clock outside; before it runs on, it leaps to `leap`. */
  #followed: { readonly to: number; readonly leap: number | undefined } | undefined;
  #paced: { real: number; sim: number } | undefined;
  /** The engines in threads and processes, where there are any. */
  followers: SimFollowers | undefined;
  /** Whether a run is under way. */
  running = false;
  /** Resolves when the run that is under way has ended. */
  still: Promise<undefined> = Promise.resolve(undefined);

  /**
   * @param clock the engine's
   * @param dispatcher the engine's
   * @param pipeline what a frame is
   * @param rate frames a simulated second, in Hz
   * @param speed how many times real time
   * @param framed whether frames are to run at all
   */
  constructor(clock: SimClock, dispatcher: Dispatcher, pipeline: Pipeline, rate: number, speed: number, framed: () => boolean) {
    this.#clock = clock;
    this.#dispatcher = dispatcher;
    this.#pipeline = pipeline;
    this.#rate = rate;
    this.#speed = speed;
    this.#framed = framed;
  }

  /** How many times real time; `Infinity` for as fast as possible. Another speed counts from now on. */
  get speed(): number {
    return this.#speed;
  }

  set speed(times: number) {
    const { real, sim } = this.#paced ?? { real: 0, sim: 0 };
    const now = performance.now();
    // Between two moments part of the way has passed; a run that is behind does not make up for it at another speed.
    if (this.#paced !== undefined) {
      this.#paced = { real: now, sim: this.#interrupt === undefined ? this.#clock.now() : sim + (now - real) * this.#speed };
    }
    this.#speed = times;
    this.#interrupt?.();
  }

  /**
   * Lets time run.
   *
   * @throws StateError when a run is under way, when its end is no number, or when a moment does not end because messages go round for ever
   */
  async run(options: RunOptions = {}): Promise<void> {
    if (this.running) throw new StateError("simulated time runs already; pause() it first");
    const { until: given = Infinity, seconds = Infinity, frames = Infinity } = options;
    let over = false;
    let isWhole = false;
    const end = (): void => {
      if (!over) this.pause();
    };
    if (typeof given === "object") void given.then(end, end);
    const latest = typeof given === "number" ? given : Infinity;
    let most = Math.min(this.#clock.now() + seconds * 1000, this.#timeOf(this.#upcoming() - 1 + frames));
    if (Number.isNaN(latest + most)) throw new StateError("until, seconds and frames must be numbers; one of them is not");
    this.running = true;
    this.#stop = false;
    let ended!: (value: undefined) => void;
    this.still = new Promise((resolve) => (ended = resolve));
    try {
      await this.settle();
      this.followers?.check();
      this.#paced = undefined;
      while (!this.#stop && !this.#closed) {
        for (; this.#standstills.any && !this.#closed; await nap()) await this.#settle();
        if (this.#followed !== undefined) most += await this.#leap(latest);
        const until = Math.min(latest, most);
        const next = this.#next();
        const moment = Math.min(next, this.#nextBeat());
        const to = Math.min(moment, until);
        if (this.#followed !== undefined) {
          if (!(await this.#isGranted(to, this.#followed.to))) continue;
        } else if (Math.min(next, until) === Infinity) break;
        else if (this.#speed !== Infinity) {
          const step = this.#step();
          if (!(await this.#pace(Math.min(to, step)))) continue;
          if (step < to) {
            this.#clock.advance(step);
            continue;
          }
        }
        if (moment > until) {
          this.#clock.advance(until);
          break;
        }
        await this.#advance(moment);
        this.followers?.check();
      }
      await this.followers?.figures();
      isWhole = true;
    } finally {
      over = true;
      this.running = false;
      ended(undefined);
      // What was sent while the figures were asked for would wait for the next run.
      const isLeft = this.#dispatcher.waiting > 0 || this.followers?.unsettled === true;
      if (this.#between.length > 0 || (isWhole && isLeft)) this.wake();
    }
  }

  /** Lets time run, without frames, until a promise settles: nodes may sleep while they start. */
  async until(promise: Promise<unknown>): Promise<void> {
    let settled = false;
    const done = promise.then(() => {}, () => {}).finally(() => (settled = true));
    while (!settled) {
      await this.settle();
      if (settled || this.#closed) break;
      if (this.running) await Promise.race([done, this.still]);
      else if (this.#standstills.any || this.#nextTimer() === Infinity) await Promise.race([done, nap()]);
      else await this.#moveTo(this.#nextTimer());
    }
    return promise.then(() => {});
  }

  follow(to: number, leap: boolean): void {
    this.#followed = { to, leap: leap ? to : this.#followed?.leap };
    this.#interrupt?.();
  }

  /** Ends a run after the moment that is under way. */
  pause(): void {
    this.#stop = true;
    this.#interrupt?.();
  }

  /** Holds time until `fn` has settled. */
  external<T>(fn: () => T | Promise<T>): Promise<T> {
    return this.#outside.hold(fn);
  }

  /** Does something between two rounds. */
  between(run: () => Promise<void>): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#between.push(() => run().then(resolve, reject));
      this.wake();
    });
  }

  /** Keeps time where it is, while messages go round, until `run` is through or a second of real time is over. */
  standing<T>(run: () => Promise<T>): Promise<T> {
    return this.#standstills.during(run);
  }

  /** Delivers, at the present moment, until nothing is on its way. */
  settle(): Promise<void> {
    return (this.#settling ??= this.#settle().finally(() => (this.#settling = undefined)));
  }

  /** The same as {@link settle}, but for what the outside world holds up: before the next step of an end, which is not to hang. */
  async calm(): Promise<void> {
    if (!this.#outside.isUnderWay) await orLate(this.settle(), longestCalm);
  }

  async within(promise: Promise<unknown>, ms: number): Promise<boolean> {
    const settled = promise.then(() => true, () => true);
    if (this.running) {
      const { timers } = this.#clock;
      let late!: () => void;
      const tooLate = new Promise<boolean>((resolve) => (late = () => resolve(false)));
      const timer = timers.at(this.#clock.now() + ms, late);
      const result = await Promise.race([settled, tooLate, this.still]);
      timers.cancel(timer);
      if (result !== undefined) return result;
    }
    // Time stands still: what can settle without it does so now.
    await orLate(this.settle(), ms);
    return Promise.race([settled, Promise.resolve(false)]);
  }

  /** Something was sent while time stands still: it is delivered without moving time. */
  wake(): void {
    this.#interrupt?.();
    if (!this.running && !this.#closed) void this.settle().catch(() => {});
  }

  close(): void {
    this.#closed = true;
    this.#hurry?.();
    this.#interrupt?.();
  }

  #next(): number {
    const frame = this.#wantsFrames() ? this.#timeOf(this.#upcoming()) : Infinity;
    return Math.min(frame, this.#nextTimer());
  }

  /** At a speed, time follows the real one by a frame of real time at least: what comes from outside finds it where it should be. */
  #step(): number {
    return this.#timeOf(this.#upcoming() + Math.max(0, Math.floor(this.#speed) - 1));
  }

  #timeOf(frame: number): number {
    return (frame * 1000) / this.#rate;
  }

  /** The number of the next frame: time may have passed without frames, while nodes started or nobody wanted any, and never runs back. */
  #upcoming(): number {
    const now = this.#clock.now();
    let frame = this.#frame + 1;
    if (this.#timeOf(frame) <= now) frame = Math.floor((now * this.#rate) / 1000);
    while (this.#timeOf(frame) <= now) frame++;
    return frame;
  }

  #nextTimer(): number {
    const { next } = this.#clock.timers;
    return this.followers === undefined ? next : Math.min(next, this.followers.next);
  }

  #nextBeat(): number {
    const { next } = this.#clock.beats;
    return this.followers === undefined ? next : Math.min(next, this.followers.nextBeat);
  }

  #wantsFrames(): boolean {
    return this.#framed() || this.followers?.framed === true;
  }

  async #moveTo(to: number): Promise<void> {
    this.#clock.advance(to);
    await this.followers?.advance(to);
  }

  async #advance(to: number): Promise<void> {
    const frame = this.#upcoming();
    if (Math.min(this.#nextTimer(), this.#nextBeat()) <= to) {
      await this.#moveTo(to);
      await this.#settle();
    } else this.#clock.advance(to);
    if (this.#timeOf(frame) > to) return;
    this.#frame = frame;
    if (!this.#wantsFrames()) return;
    const dt = 1 / this.#rate;
    if (this.followers === undefined) this.#pipeline.run(dt);
    else await this.#frameOfAll(dt, this.followers);
    await this.#settle();
  }

  /** A frame of all engines: user systems, which run in this one, find the figures of all streams as they would in one loop. */
  async #frameOfAll(dt: number, followers: SimFollowers): Promise<void> {
    for (const { stage, size, run } of this.#pipeline.inParts(dt)) {
      if (size > 1 || !builtIn.has(stage)) {
        this.#dispatcher.ship();
        await followers.figures();
      }
      if (this.#closed) return;
      if (stage === "update") await followers.frame(dt, this.#pipeline.frames, run);
      else run();
    }
  }

  async #settle(): Promise<void> {
    for (let rounds = 0;; rounds++) {
      await hop();
      if (this.#closed) return;
      for (let run = this.#between.shift(); run !== undefined; run = this.#between.shift()) await run();
      if (this.#outside.isUnderWay) {
        await new Promise<void>((resolve) => {
          this.#hurry = resolve;
          void this.#outside.someSettled().then(resolve);
        });
        continue;
      }
      if (this.followers !== undefined) {
        this.#dispatcher.ship();
        await this.followers.gather();
        if (this.#closed) return;
      }
      if (this.#dispatcher.waiting === 0 && this.followers?.waiting !== true) return;
      if (rounds >= mostRounds) {
        throw new StateError(`simulated time stands still at ${this.#clock.now()} ms: after ${mostRounds} rounds messages still go round`);
      }
      const { writing } = this.#dispatcher;
      if (this.followers === undefined) this.#dispatcher.round(writing);
      else await this.followers.round(writing, () => this.#dispatcher.round(writing));
    }
  }

  /** Goes where the clock outside has gone at once, but not beyond `latest`; returns by how many ms. */
  async #leap(latest: number): Promise<number> {
    const { to, leap } = this.#followed ?? {};
    if (leap === undefined) return 0;
    this.#followed = { to: to!, leap: undefined };
    const before = this.#clock.now();
    await this.#moveTo(Math.min(leap, latest));
    await this.#settle();
    return this.#clock.now() - before;
  }

  /**
   * Whether the clock outside is there already: else time goes as far as that, and it is waited for.
   *
   * @returns false when it was waited for it, or something came between: a pause, a close, or a message, which is delivered now
   */
  async #isGranted(moment: number, to: number): Promise<boolean> {
    if (moment <= to) return true;
    this.#clock.advance(to);
    await new Promise<void>((resolve) => (this.#interrupt = resolve));
    this.#interrupt = undefined;
    await this.#settle();
    return false;
  }

  /**
   * Waits until it is time for a moment.
   *
   * @returns false when something came between: a pause, a close, another speed, or a message, which is delivered now
   */
  async #pace(next: number): Promise<boolean> {
    this.#paced ??= { real: performance.now(), sim: this.#clock.now() };
    const wait = this.#paced.real + (next - this.#paced.sim) / this.#speed - performance.now();
    if (wait <= slice) return true;
    const due = await new Promise<boolean>((resolve) => {
      const timer = setTimeout(resolve, Math.min(wait, longestWait), wait <= longestWait);
      this.#interrupt = () => {
        clearTimeout(timer);
        resolve(false);
      };
    });
    this.#interrupt = undefined;
    if (!due) await this.#settle();
    return due;
  }
}

/** What is started may wait for the outside world, which no clock of ours can hurry. */
function nap(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 1));
}
