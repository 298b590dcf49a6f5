import { type RemoteErrorInfo, ServiceError, ServiceTimeoutError } from "../errors.ts";
import { type Delivery, type Sender, toElsewhere } from "../dispatch/delivery.ts";
import type { Timer } from "../time/timers.ts";
import type { Caller } from "./caller.ts";
import type { Job } from "./job.ts";
import type { Progress } from "./progress.ts";
import type { Target } from "./target.ts";

/** What a caller may ask for. */
export interface CallOptions {
  /** Ms until the call is given up with a `ServiceTimeoutError`; above 0, `Infinity` for never; the default is 5,000. */
  timeout?: number;
  /** Gives the call up when it fires; the call is rejected with its reason. */
  signal?: AbortSignal;
  /** Name of the node that is to answer, where several provide the service. */
  node?: string;
  /** How often to try again after `NodeLostError`, `OverloadedError` or `UnknownServiceError`; 0 by default: a call runs at most once. */
  retries?: number;
  /** Of a generator service: how many yielded values may wait to be read, from 1; the default is 10. The oldest are dropped first. */
  depth?: number;
}

const nothing: readonly string[] = [];

const phases = { sent: 0, turn: 1, replied: 2 } as const;
type Phase = (typeof phases)[keyof typeof phases];

// Fields of Call and Job are private for the type checker only: one of each is made for every call, and `#` fields cost when they are made.

/** The caller's side of one call, and its envelope on the way to the provider and back. */
export class Call implements Delivery {
  readonly caller: Caller;
  /** Where it goes; another one when the provider moves before it has taken the call. */
  provider: Target;
  /** The call in whose handler this one was made. */
  readonly parent: Job | undefined;
  readonly timeout: number;
  /** The input, and later the result. */
  value: unknown;
  /** The provider's side, once the handler runs. */
  job: Job | undefined = undefined;
  /** What a generator service yielded. */
  progress: Progress<unknown> | undefined = undefined;
  /** Where it was made, while developing; its text is made when it is read, which costs more than the call. */
  origin: { readonly stack?: string } | undefined = undefined;
  /** Its number on the link that it goes or came over; 0 for none. */
  ticket = 0;
  placeAtCaller = 0;
  placeInJob = 0;
  /** Whether the caller has its answer. */
  settled = false;
  /** When the call is given up, in ms of the clock; 0 until the call has outlived its turn. */
  deadline = 0;
  resolve!: (value: any) => void;
  reject!: (error: unknown) => void;
  private phase_: Phase = phases.sent;
  private error_: Error | RemoteErrorInfo | undefined = undefined;
  private timer_: Timer | undefined = undefined;
  private unfollow_: (() => void) | undefined;

  constructor(caller: Caller, provider: Target, input: unknown, timeout: number, parent: Job | undefined) {
    this.caller = caller;
    this.provider = provider;
    this.value = input;
    this.timeout = timeout;
    this.parent = parent;
  }

  /** Who sends it: the caller, or on its way back the provider. */
  get sender(): Sender {
    return this.phase_ === phases.replied ? this.provider.sender : this.caller;
  }

  /** What calls above this one hold in other engines, as {@link holding} writes it. */
  get above(): readonly string[] {
    return nothing;
  }

  /** Gives the call up when `signal` fires. */
  follow(signal: AbortSignal): void {
    const abort = () => this.abandon(signal.reason);
    signal.addEventListener("abort", abort);
    this.unfollow_ = () => signal.removeEventListener("abort", abort);
  }

  /** The call has outlived its turn: from now on it has a deadline, and its caller knows of it. */
  outlive(now: number): void {
    this.caller.adopt(this);
    this.setDeadline_(now);
    this.parent?.adopt(this);
  }

  /** Whether it is on its way back. */
  get isReply(): boolean {
    return this.phase_ === phases.replied;
  }

  /** Whether it goes to the main engine: what its sender has asked there before comes first by itself. */
  get toMain(): boolean {
    return this.provider.inMain === true && this.phase_ !== phases.replied;
  }

  deliver(): void {
    if (this.phase_ === phases.replied) return this.land_();
    if (this.phase_ === phases.turn) return this.provider.start(this);
    this.provider.accept(this);
    this.provider.arrived();
    if (!this.settled) this.provider.host.linger(this);
  }

  ship(): boolean {
    if (this.provider.elsewhere !== true || this.phase_ !== phases.sent) return false;
    this.deliver();
    return true;
  }

  /** Starts the handler in a delivery of its own. */
  takeTurn(): void {
    this.phase_ = phases.turn;
    this.provider.host.dispatcher.send(this);
  }

  /** It came to where the provider no longer is, and has not begun: it goes where the provider is now. */
  goOn(): void {
    this.ticket = 0;
    this.provider.onTheWay++;
    this.provider.holder!.accept(this);
    this.provider.arrived();
  }

  /** The provider's result is on its way back. */
  reply(result: unknown): void {
    this.value = result;
    this.sendBack_();
  }

  /** The handler's error is on its way back. */
  fail(error: RemoteErrorInfo): void {
    this.error_ = error;
    this.sendBack_();
  }

  /** An error of the engine's own is on its way back. */
  refuse(error: Error): void {
    this.error_ = error;
    this.sendBack_();
  }

  /** The handler of a generator service has yielded `item`; resolves when it has arrived. */
  progressed(item: unknown): Promise<void> {
    return new Promise((arrived) => {
      const { sender, host } = this.provider;
      const deliver = () => this.progressLands(item, arrived);
      host.dispatcher.send({ sender, deliver });
    });
  }

  /** The caller no longer wants the answer: the call settles now, the provider's signal fires as soon as the word gets there. */
  abandon(reason: unknown): void {
    if (this.settled) return;
    this.settle_();
    this.reject(reason);
    this.progress?.end(reason);
    const tell = () => (this.job === undefined ? this.provider.forget(this, reason) : this.job.abort(reason));
    const { dispatcher } = this.provider.host;
    dispatcher.send(this.provider.elsewhere === true ? toElsewhere(this.caller, tell) : { sender: this.caller, deliver: tell });
  }

  private sendBack_(): void {
    if (this.settled) return;
    this.phase_ = phases.replied;
    if (this.provider.host.dispatcher.alone) this.land_();
    else this.provider.host.dispatcher.send(this);
  }

  private land_(): void {
    if (this.settled) return;
    this.settle_();
    this.lands(this.value, this.error_);
  }

  /** The answer has come to the caller. */
  protected lands(value: unknown, error: Error | RemoteErrorInfo | undefined): void {
    if (error === undefined) {
      this.resolve(value);
      this.progress?.end();
      return;
    }
    const thrown = error instanceof Error ? error : this.serviceError_(error);
    this.reject(thrown);
    this.progress?.end(thrown);
  }

  /** What the handler has yielded has come to the caller; `arrived` lets the handler go on. */
  progressLands(item: unknown, arrived: () => void): void {
    arrived();
    if (this.settled) return;
    this.progress?.push(item);
    if (this.timer_ === undefined) return;
    this.provider.host.dispatcher.clock.timers.cancel(this.timer_);
    this.setDeadline_(this.provider.host.dispatcher.clock.now());
  }

  private setDeadline_(now: number): void {
    const parent = this.parent?.call.deadline || Infinity;
    this.deadline = Math.min(now + this.timeout, parent);
    if (this.deadline !== Infinity) this.timer_ = this.provider.host.dispatcher.clock.timers.at(this.deadline, () => this.expire_());
  }

  private expire_(): void {
    const { route, owner } = this.provider;
    const inherited = this.deadline === this.parent?.call.deadline;
    this.abandon(
      new ServiceTimeoutError(
        `${route.name} at ${owner} did not answer ${
          inherited ? "within the time left to the call it belongs to" : `within ${this.timeout} ms`
        }`,
        {
          node: owner,
          name: route.name,
        },
      ),
    );
  }

  private settle_(): void {
    this.settled = true;
    this.unfollow_?.();
    if (this.deadline === 0) return;
    this.caller.release(this);
    this.parent?.release(this);
    if (this.timer_ !== undefined) this.provider.host.dispatcher.clock.timers.cancel(this.timer_);
  }

  private serviceError_(info: RemoteErrorInfo): ServiceError {
    const error = new ServiceError(this.provider.route.name, this.provider.owner, info);
    if (info.stack !== undefined) error.stack = `${error.name}: ${error.message}\n${frames(info.stack)}`;
    const stack = this.origin?.stack;
    if (stack !== undefined) error.stack += `\n    --- called by ${this.caller.name} ---\n${frames(stack)}`;
    return error;
  }
}

/** The lines of a stack without its message. */
function frames(stack: string): string {
  const at = stack.search(/^\s+at /m);
  return at < 0 ? "" : stack.slice(at).trimEnd();
}
