import { LinkError } from "../../errors.ts";
import type { ByteStream } from "../bytes/stream.ts";
import { type Command, makeError, readCommand, readError } from "./command.ts";
import { FrameDecoder, type FrameHandler } from "./decoder.ts";
import { COMMAND, frameHead } from "./frame.ts";
import { type Greeting, GreetingReader, makeGreeting } from "./greeting.ts";
import { type Agreed, type Mechanism, Refused } from "./mechanism.ts";
import type { Settings } from "./options.ts";
import { isSocketType, partnersOf, type SocketType } from "./socket-type.ts";
import { latin1, printable } from "./text.ts";

/** Who is at the other end. */
export interface Peer {
  /** What it says it is. */
  readonly socketType: SocketType;
  /** What it wants to be known by; empty where it said nothing. */
  readonly identity: Uint8Array;
  /** All that it tells of itself, by name in lower case. */
  readonly properties: ReadonlyMap<string, Uint8Array>;
  /** The long-term public key that it has proved to have; only with CURVE, and only where we listen. */
  readonly key?: Uint8Array;
}

/** What a handshake has come to. */
export interface Opened {
  readonly stream: ByteStream;
  /** Holds what has come after the handshake. */
  readonly decoder: FrameDecoder;
  readonly agreed: Agreed;
  readonly peer: Peer;
  /** Whether the peer takes subscriptions as commands (ZMTP 3.1). */
  readonly commands: boolean;
}

/** Brings a stream from its first byte to the end of the handshake. */
export class Handshake implements FrameHandler {
  readonly #stream: ByteStream;
  readonly #settings: Settings;
  readonly #mechanism: Mechanism;
  readonly #done: (opened: Opened | Error) => void;
  readonly #reader: GreetingReader = new GreetingReader();
  readonly #decoder: FrameDecoder = new FrameDecoder(this);
  #greeting: Greeting | undefined;
  #over = false;

  /**
   * @param done called once, with what is open now or with the reason why it is not
   */
  constructor(stream: ByteStream, settings: Settings, mechanism: Mechanism, done: (opened: Opened | Error) => void) {
    this.#stream = stream;
    this.#settings = settings;
    this.#mechanism = mechanism;
    this.#done = done;
    stream.onData = (chunk) => this.#data(chunk);
    stream.onClose = (reason) => this.fail(reason ?? new LinkError("it ended during the handshake"));
    stream.write(makeGreeting(mechanism.name, mechanism.asServer));
  }

  /** Ends it, unless it is over. */
  fail(reason: Error): void {
    if (this.#over) return;
    this.#over = true;
    this.#decoder.stop();
    if (reason instanceof Refused) {
      this.#send(makeError(reason.reply));
      this.#stream.close();
    } else this.#stream.destroy();
    this.#done(reason);
  }

  admit(flags: number, size: number): void {
    if (!(flags & COMMAND)) throw new LinkError("it sent a message before the handshake was through");
    if (size > this.#settings.maxCommand) {
      throw new LinkError(`it sent a command of ${size} bytes, and maxCommand is ${this.#settings.maxCommand}`);
    }
  }

  frame(_flags: number, body: Uint8Array): void {
    const command = readCommand(body);
    if (command.name === "ERROR") throw readError(command.data);
    this.#take(command);
  }

  #data(chunk: Uint8Array): void {
    if (this.#over) return;
    try {
      let at = 0;
      if (this.#greeting === undefined) {
        at = this.#reader.push(chunk);
        this.#greeting = this.#reader.greeting;
        if (this.#greeting === undefined) return;
        this.#checkMechanism(this.#greeting);
        for (const body of this.#mechanism.start()) this.#send(body);
      }
      if (at < chunk.length) this.#decoder.push(chunk.subarray(at));
    } catch (error) {
      this.fail(error as Error);
    }
  }

  #checkMechanism({ mechanism, asServer }: Greeting): void {
    const own = this.#mechanism;
    if (mechanism !== own.name) throw new LinkError(`it speaks the mechanism ${printable(mechanism)}, and ${own.name} is needed`);
    // libzmq leaves the flag 0 also where it is the server.
    if (asServer && own.asServer) throw new LinkError("both sides are CURVE servers; one has to be the client");
  }

  #take(command: Command): void {
    const { send, agreed } = this.#mechanism.take(command);
    const peer = agreed === undefined ? undefined : this.#judge(agreed);
    for (const body of send) this.#send(body);
    if (agreed === undefined || peer === undefined) return;
    this.#over = true;
    this.#decoder.hold();
    this.#done({ stream: this.#stream, decoder: this.#decoder, agreed, peer, commands: this.#greeting!.version[1] > 0 });
  }

  #judge({ metadata, key }: Agreed): Peer {
    const own = this.#settings.socketType;
    const type = latin1(metadata.get("socket-type") ?? new Uint8Array(0));
    if (!isSocketType(type) || !partnersOf(own).includes(type)) {
      const said = printable(type) || "nothing";
      throw new Refused(
        `it is a ${said}, and a ${own} talks with ${partnersOf(own).join(" or ")} only`,
        `${own} does not talk with ${said}`,
      );
    }
    const identity = metadata.get("identity") ?? new Uint8Array(0);
    if (identity.length > 255) throw new LinkError(`its identity has ${identity.length} bytes, and 255 are allowed`);
    return { socketType: type, identity, properties: metadata, key };
  }

  #send(body: Uint8Array): void {
    this.#stream.write(frameHead(COMMAND, body.length));
    this.#stream.write(body);
  }
}
