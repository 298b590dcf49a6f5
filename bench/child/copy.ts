/** The floor of a stream of large items: copying each of them once in memory, item after item. */
import { answer } from "../lib/answer.ts";

answer({
  stream: (size: number, count: number) => {
    const item = new Uint8Array(size).fill(1);
    let last = item;
    const start = performance.now();
    for (let i = 0; i < count; i++) last = new Uint8Array(last);
    return (count * 1000) / (performance.now() - start);
  },
});
