import { LinkError } from "../../errors.ts";
import { makeMetadata } from "./command.ts";
import type { HeartbeatSettings } from "./heartbeat.ts";
import { hasIdentity, isSocketType, type SocketType } from "./socket-type.ts";
import { latin1Bytes } from "./text.ts";

/** What both sides of a ZMTP connection may set. */
export interface ZmtpOptions {
  /** What this side is; `DEALER` where it connects, `ROUTER` where it listens. */
  socketType?: SocketType;
  /** What a ROUTER at the other side knows this one by, at most 255 bytes; none by default. */
  identity?: string | Uint8Array;
  /** Told to the peer in the handshake; names have letters, digits and `-_.+`, at most 255 of them. */
  properties?: Readonly<Record<string, string | Uint8Array>>;
  /** Asks a quiet peer whether it is alive; off by default. */
  heartbeat?: HeartbeatOptions;
  /** Bytes that a message may have, all its parts together; 256 MiB by default. */
  maxMessage?: number;
  /** Bytes that the first message may have, before it is known who sends it; as many as the others by default. */
  firstMessage?: number;
  /** Parts that a message may have; 1,024 by default. */
  maxParts?: number;
  /** Bytes that a command may have; 8 KiB by default. */
  maxCommand?: number;
  /** How long connecting and the handshake may take, in ms; 5,000 by default. */
  handshakeTimeout?: number;
}

/** How to ask a peer whether it is alive. */
export interface HeartbeatOptions {
  /** Ms between two questions. */
  interval: number;
  /** Ms after a question within which something has to come, whatever it is; `interval` by default. */
  timeout?: number;
  /** Ms without a word from here after which the peer shall give up, at most 6,553,500, sent in steps of 100; not asked for by default. */
  ttl?: number;
}

/** Bytes of all that is told in the handshake: with CURVE around it, it is still a command that any peer takes. */
const largestMetadata = 4 * 1024;

/** Options with all defaults, checked. */
export interface Settings {
  readonly socketType: SocketType;
  readonly metadata: Uint8Array;
  readonly heartbeat: HeartbeatSettings | undefined;
  readonly maxMessage: number;
  readonly firstMessage: number;
  readonly maxParts: number;
  readonly maxCommand: number;
  readonly handshakeTimeout: number;
}

/**
 * Fills in the defaults.
 *
 * @param options what was given
 * @param socketType the default of this side
 * @throws {LinkError} if an option cannot be
 */
export function toSettings(options: ZmtpOptions, socketType: SocketType): Settings {
  const type = options.socketType ?? socketType;
  if (!isSocketType(type)) throw new LinkError(`socketType is ${String(type)}; take DEALER, ROUTER, PUSH, PULL, PUB, SUB or the like`);
  const metadata = makeMetadata(propertiesOf(options, type));
  if (metadata.length > largestMetadata) {
    throw new LinkError(`properties have ${metadata.length} bytes, and ${largestMetadata} are allowed`);
  }
  return {
    socketType: type,
    metadata,
    heartbeat: options.heartbeat === undefined ? undefined : toHeartbeat(options.heartbeat),
    maxMessage: atLeast("maxMessage", options.maxMessage ?? 256 * 1024 * 1024, 0),
    firstMessage: atLeast("firstMessage", options.firstMessage ?? options.maxMessage ?? 256 * 1024 * 1024, 0),
    maxParts: atLeast("maxParts", options.maxParts ?? 1024, 1),
    maxCommand: atLeast("maxCommand", options.maxCommand ?? 8 * 1024, 512),
    handshakeTimeout: atLeast("handshakeTimeout", options.handshakeTimeout ?? 5_000, 1),
  };
}

function propertiesOf(options: ZmtpOptions, type: SocketType): [string, Uint8Array][] {
  const own: [string, Uint8Array][] = [["Socket-Type", latin1Bytes(type)]];
  if (hasIdentity(type)) {
    const identity = bytesOf(options.identity ?? "");
    if (identity.length > 255) throw new LinkError(`identity has ${identity.length} bytes, and 255 are allowed`);
    own.push(["Identity", identity]);
  }
  for (const [name, value] of Object.entries(options.properties ?? {})) {
    if (!/^[A-Za-z0-9\-_.+]{1,255}$/.test(name) || /^(socket-type|identity)$/i.test(name)) {
      throw new LinkError(`properties: ${JSON.stringify(name)} is no name for a property; take letters, digits, - _ . and +`);
    }
    own.push([name, bytesOf(value)]);
  }
  return own;
}

function bytesOf(value: string | Uint8Array): Uint8Array {
  return typeof value === "string" ? new TextEncoder().encode(value) : value;
}

function toHeartbeat({ interval, timeout = interval, ttl = 0 }: HeartbeatOptions): HeartbeatSettings {
  atLeast("heartbeat.interval", interval, 1);
  atLeast("heartbeat.timeout", timeout, 1);
  atLeast("heartbeat.ttl", ttl, 0);
  if (ttl > 6_553_500) throw new LinkError(`heartbeat.ttl is ${ttl} ms, and 6,553,500 are allowed`);
  return { interval, timeout, ttl };
}

function atLeast(name: string, value: number, least: number): number {
  if (Number.isFinite(value) && value >= least) return value;
  throw new LinkError(`${name} is ${String(value)}; it must be a number from ${least} on`);
}
