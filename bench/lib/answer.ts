import { createInterface } from "node:readline";

/** Stands before an answer; whatever else a program prints is passed by. */
export const mark = "answer: ";

/**
 * Answers what comes on the standard input, a request a line, until that ends; then the program ends.
 *
 * @param handlers by their names; a request is `[name, ...arguments]`
 */
export function answer(
  handlers: Record<string, (...args: never[]) => unknown>,
): void {
  const say = (what: object): void => console.log(mark + JSON.stringify(what));
  const lines = createInterface({ input: process.stdin });
  lines.on("line", async (line) => {
    const [name, ...args] = JSON.parse(line) as [string, ...never[]];
    try {
      say({ result: await handlers[name](...args) });
    } catch (error) {
      say({ error: String((error as Error).stack ?? error) });
    }
  });
  lines.on("close", () => process.exit(0));
  say({ result: "ready" });
}
