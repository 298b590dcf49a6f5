import { NodeLostError, UnknownServiceError } from "../errors.ts";
import type { Call } from "../service/call.ts";
import { Caller } from "../service/caller.ts";
import type { Provider } from "../service/provider.ts";
import { IncomingCall } from "./incoming-call.ts";
import { type Envelope, kinds } from "./messages.ts";
import type { Peer } from "./peer.ts";
import type { RemoteTarget } from "./remote-target.ts";
import { Tickets } from "./tickets.ts";
import { fromWire, thrownThere, toWire } from "./wire-error.ts";

/** The calls between this engine and one other, both ways. */
export class PeerCalls {
  readonly peer: Peer;
  /** How many there have been, either way. */
  count = 0;
  readonly #out: Tickets<Call> = new Tickets();
  readonly #in: Tickets<IncomingCall> = new Tickets();
  /** Inputs of calls to nodes that move: they may come too late there, and have to be sent again. */
  readonly #kept: Map<number, unknown> = new Map();
  readonly #callers: Map<string, Caller> = new Map();
  #tickets = 0;
  #stalled: (() => void)[] = [];

  constructor(peer: Peer) {
    this.peer = peer;
  }

  /** A call goes out. */
  send(call: Call, service: number): void {
    const { clock } = call.provider.host.dispatcher;
    const { parent, timeout } = call;
    if (this.peer.down !== undefined) return call.refuse((call.provider as RemoteTarget).lost(this.peer.down.message));
    let left = timeout;
    if (parent !== undefined && parent.call.deadline > 0) left = Math.min(left, Math.max(parent.call.deadline - clock.now(), 1));
    this.count++;
    call.ticket = ++this.#tickets;
    this.#out.set(call.ticket, call);
    const limit = left === Infinity ? 0 : left;
    const envelope: Envelope = [kinds.call, call.ticket, service, call.caller.name, call.value, limit];
    try {
      this.peer.post(parent === undefined ? envelope : [...envelope, parent.holdings()]);
      if (call.provider.holder !== undefined) this.#kept.set(call.ticket, call.value);
      call.value = undefined;
    } catch (error) {
      this.#out.delete(call.ticket);
      call.refuse(error as Error);
    }
  }

  /** A call that is out is given up. */
  abandon(call: Call, reason: unknown): void {
    this.#kept.delete(call.ticket);
    if (this.#out.delete(call.ticket)) this.peer.post([kinds.abandon, call.ticket, toWire(reason)]);
  }

  /** The other engine says something about a call. */
  take([kind, id, what]: Envelope): void {
    const ticket = id as number;
    if (kind === kinds.abandon) {
      const call = this.#in.get(ticket);
      if (call === undefined) return;
      this.#in.delete(ticket);
      const { dispatcher } = call.provider.host;
      return dispatcher.send({ sender: call.caller, deliver: () => call.abandon(fromWire(what)) });
    }
    const call = this.#out.get(ticket);
    if (call === undefined) return;
    if (kind === kinds.progress) {
      const { sender, host } = call.provider;
      return host.dispatcher.send({ sender, deliver: () => call.progressLands(what, () => {}) });
    }
    this.#out.delete(ticket);
    if (this.#kept.size > 0 && this.#resend(kind, ticket, call)) return;
    if (kind === kinds.reply) call.reply(what);
    else if (kind === kinds.fail) call.fail(thrownThere(what));
    else if (kind === kinds.away) call.refuse((call.provider as RemoteTarget).lost("it has moved"));
    else call.refuse(fromWire(what) as Error);
  }

  /** What was called has moved before it took the call: says whether the call goes on to where it is now. */
  #resend(kind: number, ticket: number, call: Call): boolean {
    const isKept = this.#kept.has(ticket);
    const value = this.#kept.get(ticket);
    this.#kept.delete(ticket);
    if (kind !== kinds.away || !isKept) return false;
    call.value = value;
    (call.provider as RemoteTarget).shut = true;
    call.goOn();
    return true;
  }

  /** A call comes in. */
  arrive(provider: Provider | undefined, [, id, service, caller, input, timeout, above]: Envelope): void {
    const ticket = id as number;
    this.count++;
    if (provider === undefined) {
      const error = new UnknownServiceError(`nobody provides the service that was called (number ${String(service)}) any more`);
      return this.peer.post([kinds.refuse, ticket, toWire(error)]);
    }
    const left = (timeout as number) > 0 ? (timeout as number) : Infinity;
    const call = new IncomingCall(this, ticket, this.#caller(caller as string), provider, input, left, (above as string[]) ?? []);
    this.#in.set(ticket, call);
    provider.onTheWay++;
    provider.host.dispatcher.send(call);
  }

  /** The answer to a call that came in. */
  answer(call: IncomingCall, envelope: Envelope): void {
    if (!this.#in.delete(call.ticket)) return;
    try {
      this.peer.post(envelope);
    } catch (error) {
      this.peer.post([kinds.refuse, call.ticket, toWire(error)]); // more than a message can hold
    }
  }

  /** Goes on when the link is not behind. */
  whenReady(run: () => void): void {
    if (this.peer.behind) this.#stalled.push(run);
    else run();
  }

  /** The link is no longer behind. */
  drained(): void {
    const stalled = this.#stalled;
    this.#stalled = [];
    for (const run of stalled) run();
  }

  /** The way to the other engine has ended: all calls settle. */
  end(why: string): void {
    this.#kept.clear();
    for (const call of this.#out.clear()) call.refuse((call.provider as RemoteTarget).lost(why));
    for (const call of this.#in.clear()) {
      call.abandon(new NodeLostError(`${call.caller.name}, which called, was lost: ${why}`, { node: call.caller.name }));
    }
    this.drained();
  }

  #caller(name: string): Caller {
    let caller = this.#callers.get(name);
    if (caller === undefined) this.#callers.set(name, caller = new Caller(name));
    return caller;
  }
}
