import type { Pipeline } from "../frame/pipeline.ts";

const mostAtOnce = 5; // frames that may be caught up in one go; the rest is skipped and counted
const early = 0.5; // ms by which a frame may run before its time: a runtime's timers count whole ms

/** Runs frames in real time: fixed steps, with bounded catching up. */
export class LiveFrames {
  readonly #pipeline: Pipeline;
  readonly #period: number;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #origin = 0;
  #count = 0;
  #running = false;
  /** Frames that were left out because the loop was too late. */
  skipped = 0;
  /** Ms by which the last frame was late. */
  lateness = 0;

  /**
   * @param pipeline what a frame is
   * @param rate Hz
   */
  constructor(pipeline: Pipeline, rate: number) {
    this.#pipeline = pipeline;
    this.#period = 1000 / rate;
  }

  /** Whether frames run. */
  get running(): boolean {
    return this.#running;
  }

  start(): void {
    if (this.#running) return;
    this.#running = true;
    this.#origin = performance.now();
    this.#count = 0;
    this.#arm(this.#origin);
  }

  stop(): void {
    this.#running = false;
    clearTimeout(this.#timer);
  }

  readonly #tick = (): void => {
    const now = performance.now();
    const due = Math.floor((now + early - this.#origin) / this.#period) - this.#count;
    if (due > 0) {
      this.lateness = now - (this.#origin + (this.#count + 1) * this.#period);
      const run = Math.min(due, mostAtOnce);
      this.skipped += due - run;
      this.#count += due;
      for (let i = 0; i < run && this.#running; i++) this.#pipeline.run(this.#period / 1000);
    }
    if (this.#running) this.#arm(performance.now());
  };

  #arm(now: number): void {
    const next = this.#origin + (this.#count + 1) * this.#period;
    this.#timer = setTimeout(this.#tick, Math.max(0, next - now));
  }
}
