import type { Call } from "./call.ts";
import { type Pending, PendingList } from "./pending.ts";
import { holding, type Target } from "./target.ts";

/** What most jobs never need. */
interface Abort {
  controller: AbortController | undefined;
  done: boolean;
  reason: unknown;
  readonly children: PendingList;
  run: (() => void) | undefined;
}

/** A call in the provider's hands, from the start of the handler until it has settled. */
export class Job {
  readonly call: Call;
  /** Neighbours in the provider's list of jobs whose handlers are still at work. */
  previous: Job | undefined = undefined;
  next: Job | undefined = undefined;
  private abort_: Abort | undefined = undefined;
  /** Whether the handler has settled. What it still does belongs to its node, and to no call. */
  settled = false;

  constructor(call: Call) {
    this.call = call;
  }

  get provider(): Target {
    return this.call.provider;
  }

  /** Fires when the caller no longer wants the answer, or the provider has to stop. Made on first use: it costs 4 µs. */
  get signal(): AbortSignal {
    const abort = this.abortState_();
    if (abort.controller === undefined) {
      abort.controller = new AbortController();
      if (abort.done) abort.controller.abort(abort.reason);
    }
    return abort.controller.signal;
  }

  /** Whether {@link signal} has fired, or would have. */
  get aborted(): boolean {
    return this.abort_ !== undefined && this.abort_.done;
  }

  /** Whether this call, or one that it was made for, holds `provider`. */
  holds(provider: Target): boolean {
    let job: Job | undefined = this;
    let root: Job = this;
    while (job !== undefined) {
      if (job.provider === provider && !job.settled) return true;
      root = job;
      job = job.call.parent;
    }
    return root.call.above.includes(holding(provider));
  }

  /** What this call and those that it was made for hold, from the first of them on. */
  holdings(): string[] {
    if (this.call.parent === undefined && this.call.above.length === 0) return this.settled ? [] : [holding(this.provider)];
    const held: string[] = [];
    let root: Job = this;
    for (let job: Job | undefined = this; job !== undefined; job = job.call.parent) {
      if (!job.settled) held.unshift(holding(job.provider));
      root = job;
    }
    return [...root.call.above, ...held];
  }

  /** The names of the services from the first call of the chain to this one. */
  chain(): string[] {
    return this.holdings().map((held) => held.slice(0, held.indexOf(" ")));
  }

  /** A call made for this one has outlived its turn: it is given up when this one is. */
  adopt(pending: Pending): void {
    const abort = this.abortState_();
    if (abort.done) pending.abandon(abort.reason);
    else abort.children.add(pending);
  }

  /** A call made for this one has settled. */
  release(pending: Pending): void {
    this.abort_?.children.delete(pending);
  }

  /** Sets what to do, beside firing the signal, when the job is aborted. */
  set onAbort(run: () => void) {
    this.abortState_().run = run;
  }

  /** Fires the signal, also those of the calls made for this one. The handler goes on and may look at it. */
  abort(reason: unknown): void {
    const abort = this.abortState_();
    if (abort.done) return;
    abort.done = true;
    abort.reason = reason;
    abort.controller?.abort(reason);
    for (const pending of abort.children.all()) pending.abandon(reason);
    abort.run?.();
  }

  private abortState_(): Abort {
    return (this.abort_ ??= {
      controller: undefined,
      done: false,
      reason: undefined,
      children: new PendingList("placeInJob"),
      run: undefined,
    });
  }
}
