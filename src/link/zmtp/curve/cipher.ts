import { LinkError } from "../../../errors.ts";
import { COMMAND, MORE } from "../frame.ts";
import type { Cipher } from "../mechanism.ts";
import { latin1Bytes } from "../text.ts";
import { type Box, boxOverhead } from "./box.ts";
import { type Counter, nonceOf, type Sequence } from "./nonce.ts";

// Flags inside a sealed frame.
const sealedMore = 1;
const sealedCommand = 2;

const name = latin1Bytes("\x07MESSAGE");
const boxAt = name.length + 8;

/** Seals and opens what is sent after the handshake: each frame is a MESSAGE command of its own. */
export class CurveCipher implements Cipher {
  readonly overhead: number = boxAt + boxOverhead + 1;
  readonly #box: Box;
  readonly #counter: Counter;
  readonly #sequence: Sequence;
  readonly #outPrefix: string;
  readonly #inPrefix: string;

  /**
   * @param box between the short-term keys
   * @param counter of this side, which has counted in the handshake
   * @param sequence of the other side
   */
  constructor(box: Box, counter: Counter, sequence: Sequence, asServer: boolean) {
    this.#box = box;
    this.#counter = counter;
    this.#sequence = sequence;
    this.#outPrefix = asServer ? "CurveZMQMESSAGES" : "CurveZMQMESSAGEC";
    this.#inPrefix = asServer ? "CurveZMQMESSAGEC" : "CurveZMQMESSAGES";
  }

  seal(flags: number, body: Uint8Array): Uint8Array {
    const plain = new Uint8Array(1 + body.length);
    plain[0] = (flags & MORE ? sealedMore : 0) | (flags & COMMAND ? sealedCommand : 0);
    plain.set(body, 1);
    const count = this.#counter.next();
    const box = this.#box.seal(nonceOf(this.#outPrefix, count), plain);
    const sealed = new Uint8Array(boxAt + box.length);
    sealed.set(name);
    sealed.set(count, name.length);
    sealed.set(box, boxAt);
    return sealed;
  }

  open(sealed: Uint8Array): { flags: number; body: Uint8Array } {
    if (sealed.length < this.overhead || !name.every((byte, i) => byte === sealed[i])) {
      throw new LinkError("it sent something that is not sealed");
    }
    const count = sealed.subarray(name.length, boxAt);
    const plain = this.#box.open(nonceOf(this.#inPrefix, count), sealed.subarray(boxAt), "message");
    this.#sequence.check(count);
    const inner = plain[0]!;
    if (inner > 2) throw new LinkError(`it sealed a frame with the flags ${inner.toString(2)}, which do not exist`);
    return { flags: inner === sealedMore ? MORE : inner === sealedCommand ? COMMAND : 0, body: plain.subarray(1) };
  }
}
