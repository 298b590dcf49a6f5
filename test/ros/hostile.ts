/** What tests of bad input need. */
import type { Socket } from "node:net";
import { Random } from "../../src/time/random.ts";

/** How many changed messages a test throws. */
export const mutations: number = Number(process.env.PYROS_MUTATIONS ?? 4000);

/** Bytes changed in a few places. */
export function mutate(good: Uint8Array, next: (below: number) => number): Uint8Array {
  let bytes = good.slice();
  for (let n = 1 + next(4); n > 0; n--) {
    const at = next(bytes.length + 1);
    const kind = next(4);
    if (kind === 0 && at < bytes.length) bytes[at] = next(256);
    else if (kind === 1) bytes = bytes.slice(0, at);
    else if (kind === 2) bytes = new Uint8Array([...bytes.slice(0, at), next(256), ...bytes.slice(at)]);
    else if (at + 4 <= bytes.length) bytes.set([255, 255, 255, next(2) * 255], at);
  }
  return bytes;
}

/** Whole numbers below a limit, of a sequence that a seed decides. */
export function randomOf(seed: string): (below: number) => number {
  const random = new Random(seed);
  return (below) => Math.floor(random.next() * below);
}

/** What a socket brings until there are so many bytes, or it ends. */
export function bytesOf(socket: Socket, count: number): Promise<Uint8Array> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    const take = (): void => resolve(new Uint8Array(Buffer.concat(chunks)));
    socket.on("data", (chunk) => {
      chunks.push(chunk);
      if (chunks.reduce((sum, { length }) => sum + length, 0) >= count) take();
    });
    socket.once("close", take);
  });
}
