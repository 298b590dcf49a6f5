import { LinkError } from "../../../errors.ts";
import { type Command, join, makeCommand, readMetadata } from "../command.ts";
import type { Mechanism, Step } from "../mechanism.ts";
import { printable } from "../text.ts";
import { Box, boxOverhead, makeKeys, randomBytes } from "./box.ts";
import { CurveCipher } from "./cipher.ts";
import type { CurveClientKeys, CurveKeys } from "./keys.ts";
import { Counter, nonceOf, Sequence } from "./nonce.ts";

const cookieSize = 96;

/**
 * The client's side of CURVE (rfc 26): HELLO, WELCOME, INITIATE, READY.
 *
 * Its letters: C and S are the long-term keys of client and server, C' and S' those made for this connection only, and
 * Box[x](A->B) is x, locked with the secret key of A for the holder of B.
 */
export class CurveClient implements Mechanism {
  readonly name = "CURVE";
  readonly asServer = false;
  readonly #keys: CurveClientKeys;
  readonly #metadata: Uint8Array;
  readonly #short: CurveKeys = makeKeys();
  readonly #toServer: Box;
  readonly #counter: Counter = new Counter();
  readonly #sequence: Sequence = new Sequence();
  /** Between the short-term keys, once the server's is known. */
  #short2short: Box | undefined;

  /**
   * @param metadata what the server is told
   * @throws {LinkError} if the server's key cannot be one
   */
  constructor(keys: CurveClientKeys, metadata: Uint8Array) {
    this.#keys = keys;
    this.#metadata = metadata;
    this.#toServer = Box.between(this.#short.secretKey, keys.serverKey);
  }

  start(): Uint8Array[] {
    const count = this.#counter.next();
    const proof = this.#toServer.seal(nonceOf("CurveZMQHELLO---", count), new Uint8Array(64));
    // The padding makes it as long as the answer, so that nobody can have us flood a third party.
    return [makeCommand("HELLO", Uint8Array.of(1, 0), new Uint8Array(72), this.#short.publicKey, count, proof)];
  }

  take({ name, data }: Command): Step {
    if (name === "WELCOME" && this.#short2short === undefined) return { send: [this.#initiate(data)] };
    if (name === "READY" && this.#short2short !== undefined) return this.#ready(data, this.#short2short);
    throw new LinkError(`it sent ${printable(name)} where ${this.#short2short === undefined ? "WELCOME" : "READY"} was due`);
  }

  /** WELCOME brings Box[S' + cookie](S->C'); INITIATE answers with the cookie and Box[C + vouch + metadata](C'->S'). */
  #initiate(welcome: Uint8Array): Uint8Array {
    if (welcome.length !== 16 + boxOverhead + 32 + cookieSize) throw new LinkError("its WELCOME has a wrong size");
    const plain = this.#toServer.open(nonceOf("WELCOME-", welcome.subarray(0, 16)), welcome.subarray(16), "WELCOME");
    const serverShort = plain.subarray(0, 32);
    const cookie = plain.subarray(32);
    const box = Box.between(this.#short.secretKey, serverShort);
    this.#short2short = box;
    const vouchNonce = randomBytes(16);
    const vouch = Box.between(this.#keys.secretKey, serverShort)
      .seal(nonceOf("VOUCH---", vouchNonce), join(this.#short.publicKey, this.#keys.serverKey));
    const count = this.#counter.next();
    const content = join(this.#keys.publicKey, vouchNonce, vouch, this.#metadata);
    return makeCommand("INITIATE", cookie, count, box.seal(nonceOf("CurveZMQINITIATE", count), content));
  }

  /** READY brings Box[metadata](S'->C'). */
  #ready(data: Uint8Array, box: Box): Step {
    if (data.length < 8 + boxOverhead) throw new LinkError("its READY has a wrong size");
    const count = data.subarray(0, 8);
    const metadata = readMetadata(box.open(nonceOf("CurveZMQREADY---", count), data.subarray(8), "READY"));
    this.#sequence.check(count);
    return { send: [], agreed: { metadata, cipher: new CurveCipher(box, this.#counter, this.#sequence, false) } };
  }
}
