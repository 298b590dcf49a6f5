import { LinkError } from "../../../errors.ts";
import { type Command, join, makeCommand, readMetadata } from "../command.ts";
import { type Mechanism, Refused, type Step } from "../mechanism.ts";
import { printable } from "../text.ts";
import { Box, boxOverhead, makeKeys, randomBytes } from "./box.ts";
import { CurveCipher } from "./cipher.ts";
import type { CurveKeys, CurveServerKeys } from "./keys.ts";
import { Counter, nonceOf, Sequence } from "./nonce.ts";

const helloSize = 2 + 72 + 32 + 8 + boxOverhead + 64;
const cookieSize = 16 + boxOverhead + 64;
const initiateLeast = cookieSize + 8 + boxOverhead + 128;

/** The server's side of CURVE; see `CurveClient` for its letters. It is one connection's own, and so is its cookie. */
export class CurveServer implements Mechanism {
  readonly name = "CURVE";
  readonly asServer = true;
  readonly #keys: CurveServerKeys;
  readonly #metadata: Uint8Array;
  readonly #counter: Counter = new Counter();
  readonly #sequence: Sequence = new Sequence();
  // Known to nobody and good for one INITIATE: what was recorded on another connection does not fit.
  readonly #cookieBox: Box = new Box(randomBytes(32));
  /** The short-term keys, from HELLO on. */
  #short: ShortKeys | undefined;

  /** @param metadata what clients that are let in are told */
  constructor(keys: CurveServerKeys, metadata: Uint8Array) {
    this.#keys = keys;
    this.#metadata = metadata;
  }

  start(): Uint8Array[] {
    return [];
  }

  take({ name, data }: Command): Step {
    if (name === "HELLO" && this.#short === undefined) return { send: [this.#welcome(data)] };
    if (name === "INITIATE" && this.#short !== undefined) return this.#ready(data, this.#short);
    throw new LinkError(`it sent ${printable(name)} where ${this.#short === undefined ? "HELLO" : "INITIATE"} was due`);
  }

  /** HELLO brings C' and Box[64 zeros](C'->S); WELCOME answers with Box[S' + cookie](S->C'). */
  #welcome(hello: Uint8Array): Uint8Array {
    if (hello.length !== helloSize) throw new LinkError("its HELLO has a wrong size");
    if (hello[0] !== 1 || hello[1] !== 0) throw new LinkError(`it speaks CurveZMQ ${hello[0]}.${hello[1]}; 1.0 is needed`);
    const client = hello.slice(74, 106);
    const count = hello.subarray(106, 114);
    const box = Box.between(this.#keys.secretKey, client);
    const zeros = box.open(nonceOf("CurveZMQHELLO---", count), hello.subarray(114), "HELLO");
    if (zeros.some((byte) => byte !== 0)) throw new LinkError("its HELLO has a wrong content");
    this.#sequence.check(count);
    const short = { client, server: makeKeys() };
    this.#short = short;
    const cookieNonce = randomBytes(16);
    const cookie = this.#cookieBox.seal(nonceOf("COOKIE--", cookieNonce), cookieContent(short));
    const nonce = randomBytes(16);
    const content = join(short.server.publicKey, cookieNonce, cookie);
    return makeCommand("WELCOME", nonce, box.seal(nonceOf("WELCOME-", nonce), content));
  }

  /** INITIATE brings the cookie, and who the client is: Box[C + vouch + metadata](C'->S'), where the vouch is Box[C', S](C->S'). */
  #ready(initiate: Uint8Array, short: ShortKeys): Step {
    if (initiate.length < initiateLeast) throw new LinkError("its INITIATE has a wrong size");
    this.#checkCookie(initiate.subarray(0, cookieSize), short);
    const count = initiate.subarray(cookieSize, cookieSize + 8);
    const box = Box.between(short.server.secretKey, short.client);
    const plain = box.open(nonceOf("CurveZMQINITIATE", count), initiate.subarray(cookieSize + 8), "INITIATE");
    this.#sequence.check(count);
    const clientKey = plain.slice(0, 32);
    const vouch = Box.between(short.server.secretKey, clientKey)
      .open(nonceOf("VOUCH---", plain.subarray(32, 48)), plain.subarray(48, 128), "vouch");
    if (!same(vouch, join(short.client, this.#keys.publicKey))) throw new LinkError("its vouch is for another connection");
    if (!this.#keys.allow(clientKey)) throw new Refused("its key is not allowed here", "400");
    const answer = this.#counter.next();
    const ready = makeCommand("READY", answer, box.seal(nonceOf("CurveZMQREADY---", answer), this.#metadata));
    const cipher = new CurveCipher(box, this.#counter, this.#sequence, true);
    return { send: [ready], agreed: { metadata: readMetadata(plain.subarray(128)), cipher, key: clientKey } };
  }

  #checkCookie(cookie: Uint8Array, short: ShortKeys): void {
    const plain = this.#cookieBox.open(nonceOf("COOKIE--", cookie.subarray(0, 16)), cookie.subarray(16), "cookie");
    if (!same(plain, cookieContent(short))) throw new LinkError("its cookie is not the one that it was given");
  }
}

/** Keys that were made for this connection only: C', and the pair of S'. */
interface ShortKeys {
  readonly client: Uint8Array;
  readonly server: CurveKeys;
}

function cookieContent({ client, server }: ShortKeys): Uint8Array {
  return join(client, server.secretKey);
}

/** Whether two are the same; both have been authenticated, so that the time it takes tells nothing. */
function same(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
