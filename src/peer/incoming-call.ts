import type { RemoteErrorInfo } from "../errors.ts";
import { Call } from "../service/call.ts";
import type { Caller } from "../service/caller.ts";
import type { Provider } from "../service/provider.ts";
import { type Envelope, kinds } from "./messages.ts";
import type { Peer } from "./peer.ts";
import { toWire } from "./wire-error.ts";

const nothing = (): void => {};

/** The way back to the engine from which calls come. */
interface WayBack {
  readonly peer: Peer;
  /** Answers a call. */
  answer(call: IncomingCall, envelope: Envelope): void;
  /** Goes on when the link is not behind. */
  whenReady(run: () => void): void;
}

/** A call from another engine: its answer goes back over the link. */
export class IncomingCall extends Call {
  readonly #calls: WayBack;
  readonly #above: readonly string[];

  /**
   * @param calls the calls from that engine
   * @param ticket the call's number there
   * @param timeout ms that are left to it, `Infinity` for no limit: the caller keeps it, and calls made for this one inherit it
   * @param above what calls above it hold
   */
  constructor(
    calls: WayBack,
    ticket: number,
    caller: Caller,
    provider: Provider,
    input: unknown,
    timeout: number,
    above: readonly string[],
  ) {
    super(caller, provider, input, timeout, undefined);
    this.#calls = calls;
    this.#above = above;
    this.ticket = ticket;
    this.deadline = timeout === Infinity ? Infinity : provider.host.dispatcher.clock.now() + timeout;
    this.resolve = this.reject = nothing; // the caller, who gives it up, knows
  }

  override get above(): readonly string[] {
    return this.#above;
  }

  /** Its caller sends it to where the provider is now. */
  override goOn(): void {
    this.#calls.answer(this, [kinds.away, this.ticket]);
  }

  override ship(): boolean {
    if (!this.isReply) return false;
    this.deliver();
    return true;
  }

  protected override lands(value: unknown, error: Error | RemoteErrorInfo | undefined): void {
    this.#calls.answer(
      this,
      error === undefined
        ? [kinds.reply, this.ticket, value]
        : error instanceof Error
        ? [kinds.refuse, this.ticket, toWire(error)]
        : [kinds.fail, this.ticket, error],
    );
  }

  override progressed(item: unknown): Promise<void> {
    const { peer } = this.#calls;
    const { dispatcher } = this.provider.host;
    let isOut = false;
    const post = () => {
      if (!isOut && !this.settled) peer.post([kinds.progress, this.ticket, item]);
      isOut = true;
      return false;
    };
    return new Promise((arrived) => {
      const deliver = () => {
        post();
        this.#calls.whenReady(arrived); // a link that is behind holds the generator up, and fills no memory
      };
      dispatcher.send({ sender: this.provider.sender, deliver, ship: post });
    });
  }
}
