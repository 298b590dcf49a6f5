import { LinkError } from "../../../errors.ts";
import type * as BoxModules from "./box.ts";

type BoxModule = typeof BoxModules;

/** A pair of long-term keys, of 32 bytes each. */
export interface CurveKeys {
  /** May be known to everybody. */
  readonly publicKey: Uint8Array;
  /** Must be known to nobody else: give it by a file that only the user can read, never by arguments or the environment. */
  readonly secretKey: Uint8Array;
}

/** What a CURVE server needs. */
export interface CurveServerKeys extends CurveKeys {
  /**
   * Whom it lets in. Others are told that they are refused, and nothing else.
   *
   * @param clientKey the long-term public key that the client has proved to have
   */
  readonly allow: (clientKey: Uint8Array) => boolean;
}

/** What a CURVE client needs. */
export interface CurveClientKeys extends CurveKeys {
  /** The long-term public key of the server: nobody else is talked to. */
  readonly serverKey: Uint8Array;
}

/** Makes a pair of long-term keys. */
export async function makeCurveKeys(): Promise<CurveKeys> {
  const { makeKeys } = await loadBox();
  return makeKeys();
}

/** The crypto library is an optional package. */
async function loadBox(): Promise<BoxModule> {
  try {
    return await import("./box.ts");
  } catch (cause) {
    const why = `CURVE needs two packages that cannot be loaded here: npm install @noble/curves @noble/ciphers (${
      (cause as Error).message
    })`;
    throw new LinkError(why, { cause });
  }
}

/**
 * Checks keys that were given, and that the two belong together.
 *
 * @throws {LinkError} if one is not 32 bytes, or if they are no pair; it quotes no key
 */
export async function checkKeys(keys: CurveKeys & { readonly serverKey?: Uint8Array }): Promise<void> {
  for (const name of ["publicKey", "secretKey", "serverKey"] as const) {
    const key: unknown = keys[name];
    if (name === "serverKey" && !("serverKey" in keys)) continue;
    if (key instanceof Uint8Array && key.length === 32) continue;
    const found = key instanceof Uint8Array ? `${key.length} bytes` : typeof key;
    throw new LinkError(`curve.${name} must be a Uint8Array of 32 bytes, and is ${found}; decodeZ85 reads the text form`);
  }
  const { publicKeyOf } = await loadBox();
  const right = publicKeyOf(keys.secretKey);
  if (!keys.publicKey.every((byte, i) => byte === right[i])) {
    throw new LinkError("curve.publicKey does not belong to curve.secretKey; take both from one makeCurveKeys()");
  }
}
