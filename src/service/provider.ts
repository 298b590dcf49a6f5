import { CallCycleError, NodeLostError, OverloadedError, PyrosError } from "../errors.ts";
import type { Sender } from "../dispatch/delivery.ts";
import { Given, takeGiven } from "../value/give.ts";
import { describeError } from "../value/error.ts";
import { ShareGate } from "../value/freeze.ts";
import { Copier } from "../value/shape.ts";
import { stackless } from "../value/stackless.ts";
import type { Call } from "./call.ts";
import { Job } from "./job.ts";
import type { Route } from "./route.ts";
import { type Schema, validate } from "./schema.ts";
import { holding, type ProviderHost, type Target } from "./target.ts";

/** How a service treats its calls. */
export interface ServiceOptions {
  /** Calls in hand at one time, waiting ones included; one more gets an `OverloadedError`. At least 1; the default is 1,024. */
  maxInFlight?: number;
  /** Handlers at work at one time; further calls wait their turn. At least 1; without a limit by default. */
  concurrency?: number;
  /** Hands inputs and results over as they are, without a copy: read-only by type, and frozen while developing. */
  share?: boolean;
  /** Checks and converts the input. */
  input?: Schema<any, any>;
  /** Checks and converts the result. */
  output?: Schema<any, any>;
  /** What it is in the words of a bridge to another graph: a type of ROS, such as `std_srvs/Trigger`. */
  type?: string;
  /**
   * The other graph that answers: no bridge leads the service back there.
   *
   * @internal
   */
  origin?: string;
  /**
   * The handler speaks for a service elsewhere: errors of Pyros that it throws reach the caller as they are.
   *
   * @internal
   */
  relay?: boolean;
}

/** One node's handler behind a service name. */
export class Provider implements Target {
  readonly host: ProviderHost;
  readonly route: Route;
  /** The providing node, in whose name replies are sent. */
  readonly sender: Sender;
  /** Absolute name of the providing node. */
  readonly owner: string;
  /** Whether calls yield progress. */
  readonly generator: boolean;
  /** Whether values are handed over as they are. */
  readonly share: boolean;
  readonly type: string | undefined;
  readonly origin: string | undefined;
  /** Copies or checks inputs, on the caller's side. */
  readonly takeInput: (value: unknown) => unknown;
  readonly #takeOutput: (value: unknown) => unknown;
  readonly #run: (input: unknown, job: Job) => unknown;
  readonly #options: ServiceOptions;
  readonly #maxInFlight: number;
  readonly #concurrency: number;
  /** Calls sent and not yet delivered. */
  onTheWay = 0;
  holder: Target | undefined = undefined;
  shut = false;
  held: string | undefined = undefined;
  /** Makes the error for calls to a node that is gone; the error is made when there is such a call. */
  #lost: (() => Error) | undefined;
  #inFlight = 0;
  #working = 0;
  #waiting: Call[] = [];
  #jobs: Job | undefined;
  #idle: (() => void)[] = [];

  /**
   * @param host the engine
   * @param route the service
   * @param sender the providing node, in whose name replies are sent
   * @param run the handler
   * @param generator whether the handler returns a generator
   * @param options limits and schemas
   */
  constructor(
    host: ProviderHost,
    route: Route,
    sender: Sender,
    run: (input: unknown, job: Job) => unknown,
    generator: boolean,
    options: ServiceOptions,
  ) {
    this.host = host;
    this.route = route;
    this.owner = sender.name;
    this.sender = sender;
    this.#run = run;
    this.generator = generator;
    this.#options = options;
    this.#maxInFlight = options.maxInFlight ?? 1024;
    this.#concurrency = options.concurrency ?? Infinity;
    this.share = options.share === true;
    this.type = options.type;
    this.origin = options.origin;
    this.takeInput = taker(this.share, host.development, `input of ${route.name}`);
    this.#takeOutput = taker(this.share, host.development, `result of ${route.name}`);
  }

  /** Takes a call that has arrived. */
  accept(call: Call): void {
    if (this.holder !== undefined && this.#holdsBack(call, this.holder)) return;
    this.admit(call);
  }

  admit(call: Call): void {
    if (this.#lost !== undefined) return this.#refuse(call, this.#lost());
    if (call.settled) return; // given up on its way
    if (this.#inFlight >= this.#maxInFlight) return this.#refuse(call, this.overloaded());
    if (this.#concurrency === 1 && this.#isHeld(call)) {
      const above = call.parent?.chain() ?? call.above.map((held) => held.slice(0, held.indexOf(" ")));
      const chain = [...above, this.route.name].join(" -> ");
      return this.#refuse(
        call,
        new CallCycleError(`${chain} would wait for itself: ${this.route.name} takes one call at a time`, this.#details()),
      );
    }
    this.#inFlight++;
    if (this.#working === this.#concurrency) {
      this.#waiting.push(call);
      return;
    }
    this.#working++;
    this.start(call);
  }

  /** The node moves: calls from here wait, those from elsewhere that were on their way are taken as long as there is work in hand. */
  #holdsBack(call: Call, holder: Target): boolean {
    if (call.ticket === 0) holder.accept(call);
    else if (this.shut) call.goOn();
    else return false;
    return true;
  }

  /** Whether a call was made, over however many others, for one that this provider has in hand. */
  #isHeld(call: Call): boolean {
    return call.parent === undefined ? call.above.length > 0 && call.above.includes(holding(this)) : call.parent.holds(this);
  }

  /** Forgets a call that waits for its turn and was given up. */
  forget(call: Call): void {
    const at = this.#waiting.indexOf(call);
    if (at < 0) return;
    this.#waiting.splice(at, 1);
    this.#inFlight--;
    this.#whenIdle();
  }

  /** The error for a call too many; refusing must be cheap. */
  overloaded(): OverloadedError {
    const message =
      `${this.route.name} at ${this.owner} has ${this.#inFlight} calls in hand, ${this.#maxInFlight} are allowed (maxInFlight)`;
    return stackless(() => new OverloadedError(message, this.#details()));
  }

  /** Runs the handler of a call whose turn it is. */
  start(call: Call): void {
    if (this.#lost !== undefined) return this.#refuse(call, this.#lost());
    if (call.settled) return this.#free(); // given up while it waited
    const job = new Job(call);
    call.job = job;
    const schema = this.#options.input;
    if (schema === undefined) return this.#work(job, call.value);
    let checked: unknown;
    try {
      checked = validate(schema, call.value, `input of ${this.route.name}`, this.#details());
    } catch (error) {
      return this.#fail(job, error, true);
    }
    if (checked instanceof Promise) {
      this.#link(job);
      void checked.then((input) => (job.aborted ? this.#done(job) : this.#work(job, input)), (error) => this.#fail(job, error, true));
    } else this.#work(job, checked);
  }

  /** The node is gone: every call in hand settles now, whatever its handler does. */
  lose(why: string, cause?: unknown): void {
    let error: Error | undefined;
    const lost = (this.#lost = () => (error ??= new NodeLostError(`${this.owner} ${why} while ${this.route.name} was called`, {
      ...this.#details(),
      ...(cause === undefined ? {} : { cause }),
    })));
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const call of waiting) this.#refuse(call, lost());
    let job = this.#jobs;
    this.#jobs = undefined;
    while (job !== undefined) {
      const { next } = job;
      job.next = job.previous = undefined;
      job.abort(lost());
      this.#refuse(job.call, lost());
      job = next;
    }
    this.#inFlight = 0;
    this.#whenIdle();
  }

  /** Whether a handler is under way. */
  get atWork(): boolean {
    return this.#working > 0;
  }

  /** Whether no call is in hand, nor on its way. */
  get isIdle(): boolean {
    return this.#inFlight + this.onTheWay === 0;
  }

  /** Resolves when no call is in hand. */
  idle(): Promise<void> {
    return this.#inFlight + this.onTheWay === 0 ? Promise.resolve() : new Promise((resolve) => this.#idle.push(resolve));
  }

  /** A call that was sent has arrived, or will not arrive. */
  arrived(): void {
    this.onTheWay--;
    this.#whenIdle();
  }

  #work(job: Job, input: unknown): void {
    let result: unknown;
    try {
      result = this.#run(input, job);
      // What only looks like a promise may throw when it is asked, or settle twice; a real one does not.
      if (!(result instanceof Promise) && !this.generator && isThenable(result)) result = Promise.resolve(result);
    } catch (error) {
      return this.#fail(job, error);
    }
    if (this.generator) {
      this.#link(job);
      void this.#drive(job, result as AsyncGenerator);
    } else if (result instanceof Promise) {
      this.#link(job);
      result.then((value) => this.#finish(job, value), (error: unknown) => this.#fail(job, error, this.#options.relay));
    } else this.#finish(job, result);
  }

  async #drive(job: Job, generator: AsyncGenerator | Generator): Promise<void> {
    try {
      job.onAbort = () => void end(generator);
      for (;;) {
        const step = await generator.next();
        if (step.done === true) return this.#finish(job, step.value);
        let item: unknown;
        try {
          if (!job.aborted) item = this.#takeOutput(step.value);
        } catch (error) {
          await end(generator);
          return this.#fail(job, error, true);
        }
        // Awaited, so that a generator that never waits for anything else lets timers and sockets go first, and fills no memory.
        await job.call.progressed(item);
      }
    } catch (error) {
      this.#fail(job, error, this.#options.relay);
    }
  }

  #finish(job: Job, result: unknown): void {
    const schema = this.#options.output;
    if (schema === undefined) return this.#reply(job, result);
    try {
      const checked = validate(schema, result, `result of ${this.route.name}`, this.#details());
      if (!(checked instanceof Promise)) return this.#reply(job, checked);
      this.#link(job);
      void checked.then((value) => this.#reply(job, value), (error) => this.#fail(job, error, true));
    } catch (error) {
      this.#fail(job, error, true);
    }
  }

  #reply(job: Job, result: unknown): void {
    let value: unknown;
    try {
      value = this.#takeOutput(result);
    } catch (error) {
      return this.#fail(job, error, true);
    }
    if (this.#lost === undefined) job.call.reply(value);
    this.#done(job);
  }

  /** `own` errors are the engine's and reach the caller as they are; a handler's arrive as a `ServiceError`. */
  #fail(job: Job, error: unknown, own = false): void {
    if (this.#lost === undefined) {
      if (own && error instanceof PyrosError) job.call.refuse(error);
      else job.call.fail(describeError(error));
    }
    this.#done(job);
  }

  #refuse(call: Call, error: Error): void {
    call.refuse(error);
  }

  #done(job: Job): void {
    job.settled = true;
    this.#unlink(job);
    if (this.#lost === undefined) this.#free();
  }

  /** The slot of a settled handler goes to the call that has waited longest. */
  #free(): void {
    this.#inFlight--;
    const next = this.#waiting.shift();
    if (next === undefined) this.#working--;
    else next.takeTurn();
    this.#whenIdle();
  }

  #whenIdle(): void {
    if (this.#idle.length === 0 || this.#inFlight + this.onTheWay > 0) return;
    for (const resolve of this.#idle) resolve();
    this.#idle = [];
  }

  #link(job: Job): void {
    if (this.#jobs === job || job.previous !== undefined) return;
    job.next = this.#jobs;
    if (this.#jobs !== undefined) this.#jobs.previous = job;
    this.#jobs = job;
  }

  #unlink(job: Job): void {
    if (job.previous !== undefined) job.previous.next = job.next;
    else if (this.#jobs === job) this.#jobs = job.next;
    if (job.next !== undefined) job.next.previous = job.previous;
    job.next = job.previous = undefined;
  }

  #details(): { node: string; name: string } {
    return { node: this.owner, name: this.route.name };
  }
}

/**
 * The check or copy that a value passes on its way.
 *
 * @param share whether values are handed over as they are
 * @param development whether those are frozen
 * @param subject what they are, for messages
 */
export function taker(share: boolean, development: boolean, subject: string): (value: unknown) => unknown {
  if (share) {
    const gate = new ShareGate(development, subject);
    return (value) => (value instanceof Given ? takeGiven(value, subject) : gate.pass(value));
  }
  const copier = new Copier(subject);
  return (value) => {
    if (typeof value === "number" || value === undefined) return value;
    return value instanceof Given ? takeGiven(value, subject) : copier.copy(value);
  };
}

/** Runs what the generator has to do at its end. */
async function end(generator: AsyncGenerator | Generator): Promise<void> {
  try {
    await generator.return(undefined);
  } catch {
    // whoever would hear of it has its answer
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && typeof (value as PromiseLike<unknown>).then === "function";
}
