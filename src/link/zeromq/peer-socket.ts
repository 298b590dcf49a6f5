import { LinkError } from "../../errors.ts";
import type { LinkLimits } from "../connection.ts";
import type { Dealer, Libzmq } from "./libzmq.ts";

/** Messages that libzmq holds for each direction: what is more waits here, and is counted. */
const highWaterMark = 16;
/** It must not connect again by itself: who has lost its peer is told. In ms; never is no choice, since then what came last is lost. */
const reconnectInterval = 3_600_000;

/** What a monitor tells when there will be no handshake any more, and what that means. */
const failures: Readonly<Record<string, string>> = {
  "connect:retry": "nobody listens there, or the peer went away",
  "disconnect": "the peer went away before the handshake",
  "handshake:error:protocol": "the peer does not speak ZMTP 3, or not with a DEALER",
  "handshake:error:auth": "the peer refused",
  "handshake:error:other": "the handshake failed",
  "bind:error": "it cannot listen",
};

/** A socket of libzmq for one peer, and what its monitor tells. */
export class PeerSocket {
  readonly dealer: Dealer;
  /** Settles when the handshake is through or has failed. */
  readonly ready: Promise<void>;
  /** Called once when the peer has gone, after the handshake. */
  onGone: () => void = () => {};
  #closed = false;
  #settle!: (failure?: Error) => void;

  constructor({ Dealer }: Libzmq, { maxMessage, handshakeTimeout: handshakeInterval }: LinkLimits) {
    this.dealer = new Dealer({
      linger: 0,
      sendHighWaterMark: highWaterMark,
      sendTimeout: 0,
      receiveHighWaterMark: highWaterMark,
      maxMessageSize: maxMessage,
      handshakeInterval,
      reconnectInterval,
    });
    this.ready = new Promise((resolve, reject) => {
      this.#settle = (failure) => (failure === undefined ? resolve() : reject(failure));
    });
    this.ready.catch(() => {}); // whoever waits for it is told all the same
    void this.#watch();
  }

  /** Gives up waiting for the handshake. */
  fail(reason: Error): void {
    this.#settle(reason);
  }

  /**
   * Closes it.
   *
   * @param linger ms that libzmq may go on sending, in the background
   */
  close(linger: number): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#settle(new LinkError("it was closed"));
    this.dealer.linger = linger;
    this.dealer.close();
  }

  /** Reads to the end, which comes when the socket is gone: all of libzmq waits for a monitor that is not read any more. */
  async #watch(): Promise<void> {
    let ready = false;
    for await (const { type, error } of this.dealer.events) {
      if (type === "handshake") {
        ready = true;
        this.#settle();
      } else if (type === "disconnect" && ready) this.onGone();
      else if (Object.hasOwn(failures, type)) this.#settle(new LinkError(failures[type]!, { cause: error }));
    }
  }
}
