import { LinkError } from "../../errors.ts";
import { connectBytes } from "../bytes/open.ts";
import { blame } from "./blame.ts";
import { ZmtpConnection } from "./connection.ts";
import type { CurveClientKeys } from "./curve/keys.ts";
import { Handshake } from "./handshake.ts";
import type { Mechanism } from "./mechanism.ts";
import { NullMechanism } from "./null-mechanism.ts";
import { toSettings, type ZmtpOptions } from "./options.ts";

/** Options of the side that connects. */
export interface ZmtpConnectOptions extends ZmtpOptions {
  /** Talks to the holder of `serverKey` only, and so that nobody else can read it or change it. */
  curve?: CurveClientKeys;
}

/**
 * Connects to a peer that speaks ZMTP 3, and shakes hands.
 *
 * @param address `ipc:///path` or `tcp://host:port`
 * @param options what this side is, and its limits
 * @throws {LinkError} if an option cannot be, if nobody listens there, if the peer refuses or does not speak the protocol, or if it takes too long
 */
export async function connectZmtp(address: string, options: ZmtpConnectOptions = {}): Promise<ZmtpConnection> {
  const settings = toSettings(options, "DEALER");
  const mechanism = await mechanismFor(options.curve, settings.metadata);
  const limit = new AbortController();
  const late = new LinkError(`no handshake within ${settings.handshakeTimeout} ms`);
  const timer = setTimeout(() => limit.abort(late), settings.handshakeTimeout);
  try {
    return await new Promise((resolve, reject) => {
      connectBytes(address, (stream) => {
        const handshake = new Handshake(stream, settings, mechanism, (opened) => {
          if (opened instanceof Error) reject(opened);
          else resolve(new ZmtpConnection(opened, settings, address));
        });
        limit.signal.addEventListener("abort", () => handshake.fail(late));
      }, limit.signal).catch(reject);
    });
  } catch (error) {
    throw blame(address, error as Error);
  } finally {
    clearTimeout(timer);
  }
}

/** The crypto library is loaded when it is asked for. */
async function mechanismFor(curve: CurveClientKeys | undefined, metadata: Uint8Array): Promise<Mechanism> {
  if (curve === undefined) return new NullMechanism(metadata);
  await (await import("./curve/keys.ts")).checkKeys(curve);
  const { CurveClient } = await import("./curve/client.ts");
  return new CurveClient(curve, metadata);
}
