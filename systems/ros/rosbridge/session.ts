import { cbor } from "../../../src/codec/cbor.ts";
import { NodeLostError, RosError } from "../../../src/errors.ts";
import { Fragments } from "./fragments.ts";
import { type Lane, Outbox } from "./outbox.ts";
import { parse } from "./parse.ts";
import { largestFrame, openSocket, type Socket } from "./socket.ts";

/** A message of the protocol. */
export type Operation = Readonly<Record<string, unknown>>;

/** What a server answers to a call. */
export interface Answer {
  readonly ok: boolean;
  readonly values: unknown;
}

/** What a session tells. */
export interface SessionEvents {
  /**
   * A message of a topic.
   *
   * @param bytes its size on the wire
   */
  readonly onPublish: (topic: string, message: unknown, bytes: number) => void;
  /** A call of a service that this node provides. */
  readonly onCall: (service: string, id: unknown, args: unknown) => void;
  /** The server has something to say of an operation, or of nothing that is known. */
  readonly onStatus: (level: string, text: string, id: string | undefined) => void;
  /** Something came that is of no use. */
  readonly onGarbage: (why: string) => void;
}

const mostCalls = 4096;

/** One connection to a rosbridge server, from its beginning to its end. */
export class Session {
  /** When the last message came, in ms since the epoch. */
  heard: number = Date.now();
  /** Whether it has answered to a call. */
  isAnswering = false;
  /** Resolves with the reason when it has ended. */
  readonly ended: Promise<string>;
  readonly #events: SessionEvents;
  readonly #fragments: Fragments = new Fragments();
  readonly #calls: Map<string, { resolve(answer: Answer): void; reject(error: Error): void }> = new Map();
  #socket: Socket | undefined;
  #outbox: Outbox | undefined;
  #end: ((reason: string) => void) | undefined;
  #count = 0;

  private constructor(events: SessionEvents) {
    this.#events = events;
    this.ended = new Promise((resolve) => (this.#end = resolve));
  }

  /**
   * Connects.
   *
   * @throws RosError when the server cannot be reached
   */
  static async open(url: string, events: SessionEvents, signal: AbortSignal): Promise<Session> {
    const session = new Session(events);
    session.#socket = await openSocket(url, {
      onText: (text) => session.#takeText(text),
      onBytes: (bytes) => session.#takeBytes(bytes),
      onClose: (reason) => session.end(reason),
    }, signal);
    session.#outbox = new Outbox(session.#socket, (error) => session.end(error.message));
    return session;
  }

  get isOpen(): boolean {
    return this.#end !== undefined;
  }

  /** Sends an operation, as text. */
  order(text: string): void {
    if (this.isOpen) this.#outbox!.order(text);
  }

  /** Sends an operation. */
  tell(operation: Operation): void {
    this.order(JSON.stringify(operation));
  }

  /** Sends an item of a topic, or drops it: it never waits. */
  item(lane: Lane, text: string): void {
    if (this.isOpen) this.#outbox!.item(lane, text);
  }

  /**
   * Calls a service.
   *
   * @param args as JSON
   * @param signal gives it up
   * @throws NodeLostError when the server goes, RosError when too many calls are out, or the signal's reason
   */
  async call(service: string, args: string, signal: AbortSignal): Promise<Answer> {
    signal.throwIfAborted();
    if (!this.isOpen) throw lost("the rosbridge server has gone", service);
    if (this.#calls.size >= mostCalls) throw new RosError(`${mostCalls} calls to the rosbridge server are out already`, { name: service });
    const id = `call:${++this.#count}`;
    const given = (): void => this.#calls.get(id)?.reject(signal.reason as Error);
    try {
      return await new Promise<Answer>((resolve, reject) => {
        this.#calls.set(id, { resolve, reject });
        signal.addEventListener("abort", given, { once: true });
        this.order(`{"op":"call_service","id":"${id}","service":${JSON.stringify(service)},"args":${args}}`);
      });
    } finally {
      this.#calls.delete(id);
      signal.removeEventListener("abort", given);
    }
  }

  /** Ends it; calls that are out fail. */
  end(reason: string): void {
    if (this.#end === undefined) return;
    this.#end(reason);
    this.#end = undefined;
    this.#outbox?.close();
    for (const { reject } of this.#calls.values()) reject(lost(`the rosbridge server has gone: ${reason}`));
    void this.#socket?.close();
  }

  /** Ends it when what was ordered has been sent, or after a second. */
  async close(): Promise<void> {
    for (let i = 0; i < 50 && this.isOpen && this.#socket!.buffered > 0; i++) await new Promise((resolve) => setTimeout(resolve, 10));
    this.end("it is not wanted any more");
    await this.#socket?.close();
  }

  #takeText(text: string): void {
    this.#takeAny(text.length, () => parse(text));
  }

  #takeBytes(bytes: Uint8Array): void {
    this.#takeAny(bytes.length, () => cbor.decode([bytes]));
  }

  #takeAny(bytes: number, read: () => unknown): void {
    if (!this.isOpen) return;
    this.heard = Date.now();
    if (bytes > largestFrame) return this.end(`it sent a message of ${bytes} bytes, and ${largestFrame} are allowed`); // not every socket checks
    try {
      this.#take(read(), bytes);
    } catch (error) {
      this.#events.onGarbage((error as Error).message);
    }
  }

  #take(operation: unknown, bytes: number): void {
    if (typeof operation !== "object" || operation === null) throw new RosError("it is no object");
    const { op, id, topic, service, msg, args, level, values, result } = operation as Operation;
    switch (op) {
      case "publish":
        if (typeof topic === "string") this.#events.onPublish(topic, msg, bytes);
        return;
      case "service_response":
        this.isAnswering = true;
        return this.#calls.get(String(id))?.resolve({ ok: result !== false, values }); // else its caller waits no longer
      case "call_service":
        if (typeof service === "string") this.#events.onCall(service, id, args);
        return;
      case "status":
        return this.#events.onStatus(String(level), typeof msg === "string" ? msg : "", typeof id === "string" ? id : undefined);
      case "fragment": {
        const message = this.#fragments.take(operation as Operation);
        if (message === undefined) return;
        const inner = parse(message);
        if ((inner as Operation | null)?.op === "fragment") throw new RosError("a fragment that is made of fragments");
        return this.#take(inner, message.length);
      }
      case "png":
        throw new RosError("it is png, which was not asked for");
      default:
        throw new RosError(`the operation ${JSON.stringify(String(op).slice(0, 40))} is not known`);
    }
  }
}

function lost(message: string, name?: string): NodeLostError {
  return new NodeLostError(message, name === undefined ? {} : { name });
}
