import { LinkError } from "../../errors.ts";
import { connectBytes } from "../bytes/open.ts";
import { blame } from "./blame.ts";
import { ZmtpConnection } from "./connection.ts";
import { Handshake } from "./handshake.ts";
import { NullMechanism } from "./null-mechanism.ts";
import { toSettings, type ZmtpOptions } from "./options.ts";

/** Options of the side that connects. */
export interface ZmtpConnectOptions extends ZmtpOptions {}

/**
 * Connects to a peer that speaks ZMTP 3, and shakes hands.
 *
 * @param address `ipc:///path` or `tcp://host:port`
 * @param options what this side is, and its limits
 * @throws {LinkError} if nobody listens there, if the peer refuses or does not speak the protocol, or if it takes too long
 */
export async function connectZmtp(address: string, options: ZmtpConnectOptions = {}): Promise<ZmtpConnection> {
  const settings = toSettings(options, "DEALER");
  const mechanism = new NullMechanism(settings.metadata);
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
