import { clearImmediate, setImmediate } from "node:timers";
import { LinkError } from "../../errors.ts";
import type { Connection } from "../connection.ts";
import { folderOf } from "../bytes/address.ts";
import type { ByteStream } from "../bytes/stream.ts";
import { blame } from "./blame.ts";
import { join, makeCommand, readCommand, readError } from "./command.ts";
import type { FrameDecoder } from "./decoder.ts";
import { COMMAND, frameHead, MORE } from "./frame.ts";
import type { Opened, Peer } from "./handshake.ts";
import { Heartbeat } from "./heartbeat.ts";
import type { Cipher } from "./mechanism.ts";
import type { Settings } from "./options.ts";
import { publishes } from "./socket-type.ts";

/** Bytes that wait to be sent from which on a PING is left unanswered: a peer that only asks and never reads gets no more. */
const deafness = 1024 * 1024;

const ignore = (): void => {};

/** A connection that speaks ZMTP 3.1, after its handshake. Made by `connectZmtp` and `listenZmtp`. */
export class ZmtpConnection implements Connection {
  readonly kind = "zmtp";
  /** Who is at the other end. */
  readonly peer: Peer;
  onMessage: (parts: Uint8Array[]) => void = ignore;
  onDrain: () => void = ignore;
  onClose: (reason: Error | undefined) => void = ignore;
  /** Called on the side of a PUB or XPUB when the peer wants what begins with `topic`, or wants it no more. It must not throw. */
  onSubscription: (topic: Uint8Array, wanted: boolean) => void = ignore;
  readonly #address: string;
  readonly #settings: Settings;
  readonly #stream: ByteStream;
  readonly #decoder: FrameDecoder;
  readonly #cipher: Cipher | undefined;
  readonly #overhead: number;
  readonly #commands: boolean;
  #heartbeat: Heartbeat | undefined;
  #parts: Uint8Array[] = [];
  #bytes = 0;
  /** Bytes that the next message may have. */
  #most: number;
  #closing = false;
  // Until its owner has had a turn to set the functions above.
  #start: ReturnType<typeof setImmediate> | undefined;
  #ended: { readonly reason: Error | undefined } | undefined;

  /** @param address for reasons */
  constructor(opened: Opened, settings: Settings, address: string) {
    this.#address = address;
    this.#settings = settings;
    this.#most = settings.firstMessage;
    this.#stream = opened.stream;
    this.#decoder = opened.decoder;
    this.peer = opened.peer;
    this.#cipher = opened.agreed.cipher;
    this.#overhead = this.#cipher?.overhead ?? 0;
    this.#commands = opened.commands;
    this.#decoder.handler = { admit: (flags, size) => this.#admit(flags, size), frame: (flags, body) => this.#frame(flags, body) };
    this.#stream.onData = (chunk) => this.#data(chunk);
    this.#stream.onRoom = () => this.#decoder.room();
    this.#stream.onDrain = () => this.onDrain();
    this.#stream.onClose = (reason) => this.#end(reason);
    if (settings.heartbeat !== undefined) this.#heartbeat = this.#beat();
    this.#start = setImmediate(() => this.#begin());
  }

  get folder(): string | undefined {
    return folderOf(this.#address);
  }

  get buffered(): number {
    return this.#stream.buffered;
  }

  send(parts: readonly Uint8Array[]): void {
    const last = parts.length - 1;
    for (let i = 0; i <= last; i++) this.#write(i < last ? MORE : 0, parts[i]!);
  }

  /** Wants what begins with `topic` from a PUB or XPUB; the empty topic is everything. */
  subscribe(topic: Uint8Array): void {
    this.#subscription("SUBSCRIBE", 1, topic);
  }

  /** Takes back one {@link subscribe} with the same topic. */
  cancel(topic: Uint8Array): void {
    this.#subscription("CANCEL", 0, topic);
  }

  reuse(memory: ArrayBuffer): void {
    this.#decoder.reuse(memory);
  }

  close(): void {
    this.#closing = true;
    this.#decoder.stop();
    this.#stream.close();
  }

  destroy(reason?: Error): void {
    this.#closing = true;
    this.#decoder.stop();
    this.#stream.destroy(reason);
  }

  #write(flags: number, body: Uint8Array): void {
    const stream = this.#stream;
    if (this.#cipher !== undefined) {
      body = this.#cipher.seal(flags, body);
      flags = 0;
    }
    stream.write(frameHead(flags, body.length));
    if (body.length > 0) stream.write(body);
  }

  #data(chunk: Uint8Array): void {
    this.#heartbeat?.heard();
    try {
      this.#decoder.push(chunk);
    } catch (error) {
      this.#break(error as Error);
    }
  }

  #admit(flags: number, size: number): void {
    const { maxParts, maxCommand } = this.#settings;
    const maxMessage = this.#most;
    if (flags & COMMAND && this.#cipher === undefined) {
      if (size > maxCommand) throw new LinkError(`it sent a command of ${size} bytes, and maxCommand is ${maxCommand}`);
      return;
    }
    const bytes = this.#bytes + size - this.#overhead;
    if (bytes > maxMessage) throw new LinkError(`it sent a message of ${bytes} bytes or more, and maxMessage is ${maxMessage}`);
    if (this.#parts.length >= maxParts) {
      throw new LinkError(`it sent a message of more than ${maxParts} parts, which is what maxParts allows`);
    }
  }

  #frame(flags: number, body: Uint8Array): void {
    if (this.#cipher !== undefined) ({ flags, body } = this.#cipher.open(body));
    if (flags & COMMAND) return this.#command(body);
    this.#parts.push(body);
    if (flags & MORE) {
      this.#bytes += body.length;
      return;
    }
    const parts = this.#parts;
    this.#parts = [];
    this.#bytes = 0;
    this.#most = this.#settings.maxMessage;
    if (publishes(this.#settings.socketType) && this.#oldSubscription(parts)) return;
    this.onMessage(parts);
  }

  /** Before ZMTP 3.1, subscriptions were messages. A PUB takes nothing else. */
  #oldSubscription(parts: Uint8Array[]): boolean {
    const [part] = parts;
    const isOne = parts.length === 1 && (part![0] === 0 || part![0] === 1);
    if (isOne) this.onSubscription(part!.subarray(1), part![0] === 1);
    return isOne || this.#settings.socketType === "PUB";
  }

  #command(body: Uint8Array): void {
    const { maxCommand, socketType } = this.#settings;
    if (body.length > maxCommand) throw new LinkError(`it sent a command of ${body.length} bytes, and maxCommand is ${maxCommand}`);
    const { name, data } = readCommand(body);
    if (name === "PING") this.#pong(data);
    else if (name === "ERROR") throw readError(data);
    else if ((name === "SUBSCRIBE" || name === "CANCEL") && publishes(socketType)) this.onSubscription(data, name === "SUBSCRIBE");
    // Others may belong to later versions; PONG was a sign of life like any other.
  }

  #pong(data: Uint8Array): void {
    if (data.length < 2 || data.length > 18) throw new LinkError("it sent a PING that is none");
    const ttl = 100 * (data[0]! * 256 + data[1]!);
    if (ttl > 0) (this.#heartbeat ??= this.#beat()).obey(ttl);
    if (this.buffered < deafness) this.#write(COMMAND, makeCommand("PONG", data.subarray(2)));
  }

  #beat(): Heartbeat {
    const ttl = Math.ceil((this.#settings.heartbeat?.ttl ?? 0) / 100);
    const ping = makeCommand("PING", Uint8Array.of(ttl >> 8, ttl & 255));
    const ask = (): void => this.#write(COMMAND, ping);
    return new Heartbeat(this.#settings.heartbeat, ask, (reason) => this.#break(reason));
  }

  #subscription(name: string, mark: number, topic: Uint8Array): void {
    if (this.#commands) this.#write(COMMAND, makeCommand(name, topic));
    else this.#write(0, join(Uint8Array.of(mark), topic));
  }

  #begin(): void {
    this.#start = undefined;
    try {
      this.#decoder.release();
    } catch (error) {
      this.#break(error as Error);
    }
    if (this.#ended !== undefined) this.#end(this.#ended.reason);
  }

  /** The peer did what it must not do, or is dead. */
  #break(reason: Error): void {
    this.#decoder.stop();
    this.#stream.destroy(blame(this.#address, reason));
  }

  #end(reason: Error | undefined): void {
    this.#heartbeat?.stop();
    if (this.#start !== undefined && !this.#closing) {
      this.#ended = { reason };
      return;
    }
    clearImmediate(this.#start);
    const cut = !this.#closing && (!this.#decoder.between || this.#parts.length > 0);
    this.#decoder.stop();
    this.#parts = [];
    this.onClose(reason ?? (cut ? new LinkError(`${this.#address}: it ended inside a message`, { name: this.#address }) : undefined));
  }
}
