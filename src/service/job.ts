import type { Call } from "./call.ts";
import type { Provider } from "./provider.ts";

/** A call in the provider's hands, from the start of the handler until it has settled. */
export class Job {
  readonly call: Call;
  readonly provider: Provider;
  /** Neighbours in the provider's list of jobs whose handlers are still at work. */
  previous: Job | undefined;
  next: Job | undefined;
  private controller_: AbortController | undefined;
  private aborted_ = false;
  private reason_: unknown;
  private children_: Set<Call> | undefined;
  private onAbort_: (() => void) | undefined;

  constructor(call: Call, provider: Provider) {
    this.call = call;
    this.provider = provider;
  }

  /** Fires when the caller no longer wants the answer, or the provider has to stop. Made on first use: it costs 4 µs. */
  get signal(): AbortSignal {
    if (this.controller_ === undefined) {
      this.controller_ = new AbortController();
      if (this.aborted_) this.controller_.abort(this.reason_);
    }
    return this.controller_.signal;
  }

  /** Whether {@link signal} has fired, or would have. */
  get aborted(): boolean {
    return this.aborted_;
  }

  /** Whether this call, or one that it was made for, holds `provider`. */
  holds(provider: Provider): boolean {
    let job: Job | undefined = this;
    while (job !== undefined) {
      if (job.provider === provider) return true;
      job = job.call.parent;
    }
    return false;
  }

  /** The names of the services from the first call of the chain to this one. */
  chain(): string[] {
    const names: string[] = [];
    for (let job: Job | undefined = this; job !== undefined; job = job.call.parent) names.unshift(job.provider.route.name);
    return names;
  }

  /** A call made for this one has outlived its turn: it is given up when this one is. */
  adopt(call: Call): void {
    if (this.aborted_) call.abandon(this.reason_);
    else (this.children_ ??= new Set()).add(call);
  }

  /** A call made for this one has settled. */
  release(call: Call): void {
    this.children_?.delete(call);
  }

  /** Sets what to do, beside firing the signal, when the job is aborted. */
  set onAbort(run: () => void) {
    this.onAbort_ = run;
  }

  /** Fires the signal, also those of the calls made for this one. The handler goes on and may look at it. */
  abort(reason: unknown): void {
    if (this.aborted_) return;
    this.aborted_ = true;
    this.reason_ = reason;
    this.controller_?.abort(reason);
    for (const call of [...(this.children_ ?? [])]) call.abandon(reason);
    this.onAbort_?.();
  }
}
