import { RosError } from "../../../src/errors.ts";
import type { PeerInfo } from "../client/client.ts";
import { callXml } from "../xmlrpc/client.ts";
import { Backoff } from "../client/backoff.ts";
import { connect, type Connection } from "./handshake.ts";
import { unwrap } from "./master.ts";
import { Refusal } from "../client/refusal.ts";

const steady = 10_000; // ms that a connection lasts where all is well: one that breaks sooner is tried again more and more rarely
const often = 8; // attempts, in some 10 s, after each of which the master is asked for the address
const seldom = 12; // attempts, in some 60 s, between two such questions later

/** What a link to a publisher needs of the topic that it is for. */
export interface LinkOwner {
  readonly topic: string;
  /** This node's name. */
  readonly caller: string;
  /** What the publisher is told. */
  readonly greeting: Readonly<Record<string, string>>;
  /** Runs something when there is room for one more attempt to connect. */
  inTurn<T>(run: () => Promise<T>): Promise<T>;
  /**
   * A publisher is connected.
   *
   * @throws RosError why it is not wanted
   */
  adopt(connection: Connection): void;
  /** It is connected, and its `isLatching` may have changed. */
  onLatching(): void;
  /** It cannot be reached, or says that it does not publish this: the master may know another address. */
  onUnreached(): void;
  /** It is not wanted, does not want, or cannot be reached; told once for each reason. */
  onLost(peer: string, reason: string): void;
}

/** The way to one publisher of a topic: connected again and again while the master knows it. */
export class PublisherLink {
  /** Whether the master knows it: else, what is connected stays, and is not connected again. */
  isWanted = true;
  /** Whether it has said, when it was connected last, that whoever subscribes gets its last message. */
  isLatching = false;
  readonly #owner: LinkOwner;
  readonly #address: string;
  readonly #ending: AbortController = new AbortController();
  readonly #backoff: Backoff = new Backoff();
  #connection: Connection | undefined;
  #state: PeerInfo["state"] = "connecting";
  #reason = "";
  /** Attempts since it was reached last. */
  #failed = 0;
  /** The reason that was told last. */
  #told = "";

  /**
   * @param address of the publisher's slave API
   * @param onEnd called when it is not connected any more, and will not be
   */
  constructor(owner: LinkOwner, address: string, onEnd: () => void) {
    this.#owner = owner;
    this.#address = address;
    void this.#run(onEnd);
  }

  get isConnected(): boolean {
    return this.#state === "connected";
  }

  get info(): PeerInfo {
    return { peer: this.#connection?.header.get("callerid") ?? this.#address, state: this.#state, reason: this.#reason };
  }

  close(): void {
    this.#ending.abort();
    this.#connection?.stream.close();
  }

  async #run(onEnd: () => void): Promise<void> {
    const { signal } = this.#ending;
    while (!signal.aborted && this.isWanted) {
      try {
        this.#failed++;
        await this.#connect(signal);
      } catch (error) {
        if (!signal.aborted) this.#lost(error as Error);
      }
      if (this.isWanted) await this.#backoff.wait(signal);
    }
    onEnd();
  }

  /** Connects, and resolves when that connection has ended. */
  async #connect(signal: AbortSignal): Promise<void> {
    let over: ((reason: Error | undefined) => void) | undefined;
    const ended = new Promise<Error | undefined>((resolve) => (over = resolve));
    await this.#owner.inTurn(() => this.#reach(signal, over!));
    const since = performance.now();
    const reason = await ended;
    this.#connection = undefined;
    if (performance.now() - since > steady) {
      this.#backoff.reset();
      this.#told = "";
    }
    if (reason !== undefined) throw reason;
    this.#state = "connecting";
  }

  /** Asks where it listens, and connects. */
  async #reach(signal: AbortSignal, onClose: (reason: Error | undefined) => void): Promise<void> {
    signal.throwIfAborted();
    const { topic, caller, greeting } = this.#owner;
    const what = `requestTopic for ${topic} at ${this.#address}`;
    const answer = unwrap(await callXml(this.#address, "requestTopic", [caller, topic, [["TCPROS"]]], { signal }), what);
    const [protocol, host, port] = Array.isArray(answer) ? (answer as unknown[]) : [];
    if (
      protocol !== "TCPROS" || typeof host !== "string" || !/^[\w.:-]{1,255}$/.test(host) || !Number.isInteger(port) || (port as number) < 1
    ) {
      throw new RosError(`${what} leads to nothing that can be used`);
    }
    await connect({ host, port: port as number, header: greeting }, signal, (connection) => {
      this.#connection = connection;
      this.#failed = 0;
      connection.stream.onClose = onClose;
      try {
        this.#owner.adopt(connection);
        [this.#state, this.#reason] = ["connected", ""];
        this.isLatching = connection.header.get("latching") === "1";
        this.#owner.onLatching();
      } catch (error) {
        connection.stream.destroy(new Refusal((error as Error).message, { cause: error }));
      }
    });
  }

  #lost(error: Error): void {
    this.#state = error instanceof Refusal ? "refused" : "connecting";
    this.#reason = error.message;
    if (this.#failed > 0 && (this.#failed <= often || this.#failed % seldom === 0)) this.#owner.onUnreached();
    if (this.#told === error.message) return;
    this.#told = error.message;
    this.#owner.onLost(this.#address, error.message);
  }
}
