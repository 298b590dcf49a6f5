import type { Logger } from "@logtape/logtape";
import type { SetOptions } from "../param/params.ts";
import type { Job } from "../service/job.ts";
import type { Clock } from "../time/clock.ts";
import type { BaseContext } from "./context.ts";
import type { Life } from "./life.ts";

/**
 * The context of one life of a node; for a service handler, of one call: what is called through it belongs to that call.
 *
 * One is made for every call, so it holds three fields and finds the rest where it is.
 * Its functions are bound when they are read, so that a handler can take them out: `({ sleep, set })`.
 */
export class LiveContext implements BaseContext {
  readonly state: object;
  // Private for the type checker only: one context is made for every call, and `#` fields cost when they are made.
  private readonly life_: Life;
  private readonly job_: Job | undefined;

  constructor(life: Life, job: Job | undefined) {
    this.state = life.state;
    this.life_ = life;
    this.job_ = job;
  }

  get name(): string {
    return this.life_.name;
  }

  get local(): unknown {
    return this.life_.local;
  }

  get params(): object {
    return this.life_.params;
  }

  get streams(): object {
    return this.life_.streams;
  }

  get inputs(): object {
    return this.life_.inputs;
  }

  get needs(): object {
    return this.job_ === undefined ? this.life_.needs : this.life_.needsFor(this.job_);
  }

  get signal(): AbortSignal {
    const job = this.job_;
    return job === undefined || job.settled ? this.life_.signal : job.signal;
  }

  get log(): Logger {
    return this.life_.log;
  }

  get time(): number {
    return this.life_.kernel.dispatcher.clock.now();
  }

  get sleep(): BaseContext["sleep"] {
    return (ms) => sleep(this.life_.kernel.dispatcher.clock, ms, this.signal);
  }

  get random(): BaseContext["random"] {
    return () => this.life_.source.random();
  }

  get external(): BaseContext["external"] {
    return (fn) => this.life_.kernel.external(fn);
  }

  get get(): BaseContext["get"] {
    return (name) => this.life_.kernel.params.read(this.life_.paramName(name));
  }

  get set(): BaseContext["set"] {
    const life = this.life_;
    const { params } = life.kernel;
    return (name: string | Readonly<Record<string, unknown>>, value?: unknown, options?: SetOptions) => {
      try {
        if (typeof name === "string") return params.setOne(life, life.paramName(name), value, absolute(life, options));
        const entries = Object.entries(name).map(([key, v]) => [life.paramName(key), v] as const);
        return params.set(life, entries, absolute(life, value as SetOptions | undefined));
      } catch (error) {
        return Promise.reject(error);
      }
    };
  }

  get watch(): BaseContext["watch"] {
    const life = this.life_;
    return (name, callback) => {
      if (life.ended !== undefined) throw life.ended;
      const stop = life.kernel.params.watch(this.life_.paramName(name), callback, (error) => life.crash(error));
      const undo = life.cleanup(stop);
      return () => {
        undo();
        stop();
      };
    };
  }

  get call(): BaseContext["call"] {
    const life = this.life_;
    return (name, input, options) =>
      life.kernel.services.callByName(life, name, (written) => life.names.referred(written), input, options, this.job_) as never;
  }

  get stream(): BaseContext["stream"] {
    const life = this.life_;
    return (name, options = {}) => life.subscribe(life.names.referred(name), options, true);
  }

  get provide(): BaseContext["provide"] {
    return (name, handler, options) => this.life_.provide(name, handler, options);
  }

  get withdraw(): BaseContext["withdraw"] {
    return (name) => this.life_.withdraw(name);
  }

  get waitForService(): BaseContext["waitForService"] {
    const life = this.life_;
    return (name, options = {}) => {
      const { signal } = this;
      const both = options.signal === undefined ? signal : AbortSignal.any([signal, options.signal]);
      return life.kernel.services.whenProvided(life, life.names.referred(name), { ...options, signal: both });
    };
  }
}

/** The life that a context is of, for what belongs to the engine. */
export function lifeOf(context: BaseContext): Life {
  return (context as unknown as { readonly life_: Life }).life_;
}

/** The options of a set, with the node's names made absolute. */
function absolute(life: Life, options: SetOptions | undefined): SetOptions | undefined {
  if (options?.expect === undefined) return options;
  return { ...options, expect: Object.fromEntries(Object.entries(options.expect).map(([key, v]) => [life.paramName(key), v])) };
}

/** Waits in the clock's time, until the signal fires. */
function sleep(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (typeof ms !== "number" || !(ms >= 0)) {
      return reject(new RangeError(`cannot sleep for ${String(ms)} ms; it must be a number from 0`));
    }
    if (signal.aborted) return reject(signal.reason);
    const timer = clock.timers.at(clock.now() + ms, () => {
      signal.removeEventListener("abort", aborted);
      resolve();
    });
    const aborted = () => {
      clock.timers.cancel(timer);
      reject(signal.reason);
    };
    signal.addEventListener("abort", aborted, { once: true });
  });
}
