import { RosError } from "../../../src/errors.ts";
import { largestFrame } from "./socket.ts";

const mostMessages = 16;
const mostPieces = 65_536;
const memory = 60_000; // ms that the rest of a message may take

interface Unfinished {
  readonly pieces: (string | undefined)[];
  readonly total: number;
  missing: number;
  length: number;
  at: number;
}

/** Messages of which a part has come. */
export class Fragments {
  readonly #all: Map<string | number, Unfinished> = new Map();
  #length = 0;

  /**
   * Takes a part.
   *
   * @returns the message that it completes
   * @throws RosError when it is no part, or would take too much memory
   */
  take({ id, num, total: written, data }: Readonly<Record<string, unknown>>): string | undefined {
    // Some servers write how many there are as a fraction.
    const total = Math.floor(Number(written));
    if ((typeof id !== "string" && typeof id !== "number") || typeof data !== "string" || !Number.isInteger(num)) {
      throw new RosError("a fragment without id, num, total and data");
    }
    const index = num as number;
    if (!(total >= 1 && total <= mostPieces) || index < 0 || index >= total) {
      throw new RosError(`fragment ${index} of ${String(written)}: there are 1 to ${mostPieces}`);
    }
    this.#forget(Date.now());
    let message = this.#all.get(id);
    if (message === undefined || message.total !== total) {
      if (message !== undefined) this.#drop(id, message);
      if (this.#all.size >= mostMessages) throw new RosError(`parts of more than ${mostMessages} messages at a time`);
      this.#all.set(id, message = { pieces: new Array<string | undefined>(total), total, missing: total, length: 0, at: 0 });
    }
    if (message.pieces[index] !== undefined) throw new RosError(`fragment ${index} of ${String(id).slice(0, 80)} came twice`);
    if (this.#length + data.length > largestFrame) {
      this.#drop(id, message);
      throw new RosError("the parts take more memory than a message may");
    }
    message.pieces[index] = data;
    message.at = Date.now();
    message.length += data.length;
    this.#length += data.length;
    if (--message.missing > 0) return undefined;
    this.#drop(id, message);
    return message.pieces.join("");
  }

  #forget(now: number): void {
    for (const [id, message] of this.#all) if (now - message.at > memory) this.#drop(id, message);
  }

  #drop(id: string | number, message: Unfinished): void {
    this.#all.delete(id);
    this.#length -= message.length;
  }
}
