import type { Logger } from "@logtape/logtape";
import type { ParamChange, SetOptions } from "../param/params.ts";
import type { CallOptions } from "../service/call.ts";
import type { Job } from "../service/job.ts";
import type { ServiceOptions } from "../service/provider.ts";
import type { WaitOptions } from "../service/services.ts";
import type { SubscribeOptions, Subscription } from "../stream/subscription.ts";
import type { BaseContext } from "./context.ts";
import type { Life } from "./life.ts";

/**
 * The context of one life of a node; for a service handler, of one call: what is called through it belongs to that call.
 *
 * One is made for every call, so it holds three fields and finds the rest where it is.
 */
export class LiveContext implements BaseContext {
  readonly state: object;
  readonly #life: Life;
  readonly #job: Job | undefined;

  constructor(life: Life, job: Job | undefined) {
    this.state = life.state;
    this.#life = life;
    this.#job = job;
  }

  get name(): string {
    return this.#life.name;
  }

  get local(): unknown {
    return this.#life.local;
  }

  get params(): object {
    return this.#life.params;
  }

  get streams(): object {
    return this.#life.streams;
  }

  get inputs(): object {
    return this.#life.inputs;
  }

  get needs(): object {
    return this.#job === undefined ? this.#life.needs : this.#life.needsFor(this.#job);
  }

  get signal(): AbortSignal {
    return this.#job === undefined ? this.#life.signal : this.#job.signal;
  }

  get log(): Logger {
    return this.#life.log;
  }

  get time(): number {
    return this.#life.kernel.dispatcher.clock.now();
  }

  sleep(ms: number): Promise<void> {
    const { signal } = this;
    const { clock } = this.#life.kernel.dispatcher;
    return new Promise((resolve, reject) => {
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

  random(): number {
    return this.#life.source.random();
  }

  external<T>(fn: () => T | Promise<T>): Promise<T> {
    return this.#life.kernel.external(fn);
  }

  get(name: string): unknown {
    return this.#life.kernel.params.read(this.#paramName(name));
  }

  set(name: string | Readonly<Record<string, unknown>>, value?: unknown, options?: SetOptions): Promise<number> {
    const life = this.#life;
    if (typeof name === "string") return life.kernel.params.set(life, [[this.#paramName(name), value]], this.#absolute(options));
    const entries = Object.entries(name).map(([key, v]) => [this.#paramName(key), v] as const);
    return life.kernel.params.set(life, entries, this.#absolute(value as SetOptions | undefined));
  }

  watch(name: string, callback: (value: any, change: ParamChange) => unknown): () => void {
    const life = this.#life;
    if (life.ended !== undefined) throw life.ended;
    const stop = life.kernel.params.watch(life, this.#paramName(name), callback, (error) => life.crash(error));
    const undo = life.cleanup(stop);
    return () => {
      undo();
      stop();
    };
  }

  call(name: string, input?: unknown, options?: CallOptions): Promise<any> {
    const { services } = this.#life.kernel;
    return services.callByName(this.#life, this.#life.names.referred(name), input, options, this.#job);
  }

  stream<T>(name: string, options: SubscribeOptions = {}): Subscription<T> {
    return this.#life.subscribe<T>(this.#life.names.referred(name), options, true);
  }

  provide(name: string, handler: (input: any, context: any) => unknown, options?: ServiceOptions): void {
    this.#life.provide(name, handler, options);
  }

  withdraw(name: string): void {
    this.#life.withdraw(name);
  }

  waitForService(name: string, options: WaitOptions = {}): Promise<void> {
    const { signal } = this;
    const both = options.signal === undefined ? signal : AbortSignal.any([signal, options.signal]);
    return this.#life.kernel.services.whenProvided(this.#life, this.#life.names.referred(name), { ...options, signal: both });
  }

  /** A param that the node declares is its own; any other name stands in its namespace. */
  #paramName(name: string): string {
    const first = name.split("/", 1)[0]!;
    return this.#life.source.definition.params?.[first] === undefined ? this.#life.names.referred(name) : this.#life.names.declared(name);
  }

  #absolute(options: SetOptions | undefined): SetOptions | undefined {
    if (options?.expect === undefined) return options;
    return { ...options, expect: Object.fromEntries(Object.entries(options.expect).map(([key, v]) => [this.#paramName(key), v])) };
  }
}
