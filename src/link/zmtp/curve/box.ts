/** The boxes of NaCl (X25519, XSalsa20, Poly1305). The one file that knows the crypto library; it is loaded when CURVE is asked for. */
import { hsalsa, xsalsa20poly1305 } from "@noble/ciphers/salsa.js";
import { x25519 } from "@noble/curves/ed25519.js";
import { LinkError } from "../../../errors.ts";

/** Bytes that a box has more than what is in it. */
export const boxOverhead = 16;

const sigma = Uint8Array.from("expand 32-byte k", (char) => char.charCodeAt(0));
const zero = new Uint8Array(16);

/** A new pair of keys. */
export function makeKeys(): { readonly publicKey: Uint8Array; readonly secretKey: Uint8Array } {
  return x25519.keygen();
}

/** The public key that belongs to a secret one. */
export function publicKeyOf(secretKey: Uint8Array): Uint8Array {
  return x25519.getPublicKey(secretKey);
}

/** Random bytes that nobody can guess. */
export function randomBytes(count: number): Uint8Array {
  return globalThis.crypto.getRandomValues(new Uint8Array(count));
}

/** A key that two have in common, and the boxes that it locks. */
export class Box {
  readonly #key: Uint8Array;

  /** @param key 32 bytes that nobody else knows */
  constructor(key: Uint8Array) {
    this.#key = key;
  }

  /**
   * The box between the holder of a secret key and the holder of the one that belongs to a public key.
   *
   * @throws {LinkError} if the public key is one of the few that lead to no secret
   */
  static between(secretKey: Uint8Array, publicKey: Uint8Array): Box {
    let shared: Uint8Array;
    try {
      shared = x25519.getSharedSecret(secretKey, publicKey);
    } catch (error) {
      throw new LinkError("its public key is none", { cause: error });
    }
    const key = new Uint8Array(32);
    hsalsa(words(sigma), words(shared), words(zero), words(key));
    return new Box(key);
  }

  /** @param nonce 24 bytes that were never used with this key */
  seal(nonce: Uint8Array, plain: Uint8Array): Uint8Array {
    return xsalsa20poly1305(this.#key, nonce).encrypt(plain);
  }

  /**
   * @param what what is in it, for messages
   * @throws {LinkError} if it was not sealed with this key and nonce, or has been changed
   */
  open(nonce: Uint8Array, sealed: Uint8Array, what: string): Uint8Array {
    try {
      return xsalsa20poly1305(this.#key, nonce).decrypt(sealed);
    } catch (error) {
      throw new LinkError(`its ${what} does not open: another key was used, or it was changed on the way`, { cause: error });
    }
  }
}

function words(bytes: Uint8Array): Uint32Array {
  return new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
}
