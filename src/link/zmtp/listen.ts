import { LinkError } from "../../errors.ts";
import { isLocal, parseAddress } from "../bytes/address.ts";
import { listenBytes } from "../bytes/open.ts";
import type { ByteStream } from "../bytes/stream.ts";
import type { Listener } from "../connection.ts";
import { blame } from "./blame.ts";
import { ZmtpConnection } from "./connection.ts";
import type { CurveServerKeys } from "./curve/keys.ts";
import { Handshake } from "./handshake.ts";
import type { Mechanism } from "./mechanism.ts";
import { NullMechanism } from "./null-mechanism.ts";
import { toSettings, type ZmtpOptions } from "./options.ts";

/** Options of the side that listens. */
export interface ZmtpListenOptions extends ZmtpOptions {
  /** Lets in the holders of keys that `allow` says yes to; needed where other machines can reach the address. */
  curve?: CurveServerKeys;
  /** Handshakes that may be under way at once; for one more, the oldest is ended. 256 by default. */
  maxHalfOpen?: number;
  /** Called with the reason when a peer did not get through the handshake. It must not throw. */
  onRefused?: (reason: Error) => void;
}

/**
 * Waits for peers that speak ZMTP 3.
 *
 * @param address `ipc:///path` or `tcp://host:port`; port 0 or `*` is any free one. A Unix socket is for this user only
 * @param options what this side is, and its limits
 * @param onConnection is given each connection after its handshake, and sets its `on…` functions; it must not throw
 * @throws {LinkError} if an option cannot be, or if it cannot listen there; without `curve`, other machines cannot be let in
 */
export async function listenZmtp(
  address: string,
  options: ZmtpListenOptions,
  onConnection: (connection: ZmtpConnection) => void,
): Promise<Listener> {
  const settings = toSettings(options, "ROUTER");
  const { maxHalfOpen = 256, onRefused = () => {} } = options;
  if (options.curve === undefined && !isLocal(parseAddress(address))) {
    throw new LinkError(`${address} can be reached from other machines: set the option curve, or listen at 127.0.0.1`, { name: address });
  }
  const makeMechanism = await mechanismsFor(options.curve, settings.metadata);
  let bound = address;
  const halfOpen = new Set<Handshake>(); // in the order in which they began

  const adopt = (stream: ByteStream): void => {
    const handshake = new Handshake(stream, settings, makeMechanism(), (opened) => {
      clearTimeout(timer);
      halfOpen.delete(handshake);
      if (opened instanceof Error) onRefused(blame(bound, opened));
      else onConnection(new ZmtpConnection(opened, settings, bound));
    });
    const fail = (why: string): void => handshake.fail(new LinkError(why));
    const timer = setTimeout(() => fail(`no handshake within ${settings.handshakeTimeout} ms`), settings.handshakeTimeout);
    halfOpen.add(handshake);
    if (halfOpen.size > maxHalfOpen) halfOpen.values().next().value!.fail(new LinkError(`more than ${maxHalfOpen} handshakes at once`));
  };

  const listener = await listenBytes(address, adopt);
  bound = listener.address;
  return {
    address: bound,
    async close() {
      for (const handshake of halfOpen) handshake.fail(new LinkError("the listener was closed"));
      await listener.close();
    },
  };
}

/** The crypto library is loaded when it is asked for. */
async function mechanismsFor(curve: CurveServerKeys | undefined, metadata: Uint8Array): Promise<() => Mechanism> {
  if (curve === undefined) return () => new NullMechanism(metadata);
  await (await import("./curve/keys.ts")).checkKeys(curve);
  const { CurveServer } = await import("./curve/server.ts");
  return () => new CurveServer(curve, metadata);
}
