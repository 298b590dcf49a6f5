import type { Readable } from "node:stream";
import { StringDecoder } from "node:string_decoder";

/** Characters after which a line is told in pieces. */
const longest = 16 * 1024;

/**
 * Tells a stream line by line, in time: a reader that is slow lets the writer wait, since nothing is kept but the last line.
 *
 * @param stream bytes of UTF-8
 * @param onLine called with each line without its end, also with a last one that has none; lines above 16 Ki characters come in pieces
 * @returns settles when the stream has ended
 */
export function readLines(stream: Readable, onLine: (line: string) => void): Promise<void> {
  const decoder = new StringDecoder("utf8");
  let rest = "";
  const tell = (line: string): void => onLine(line.endsWith("\r") ? line.slice(0, -1) : line);
  const take = (text: string): void => {
    const lines = (rest + text).split("\n");
    rest = lines.pop()!;
    for (const line of lines) {
      let from = 0;
      for (; line.length - from > longest; from += longest) tell(line.slice(from, from + longest));
      tell(line.slice(from));
    }
    for (; rest.length > longest; rest = rest.slice(longest)) tell(rest.slice(0, longest));
  };
  return new Promise((resolve) => {
    stream.on("data", (data: Buffer) => take(decoder.write(data)));
    stream.on("error", () => {}); // `close` follows
    stream.once("close", () => {
      take(decoder.end());
      if (rest !== "") tell(rest);
      resolve();
    });
  });
}
