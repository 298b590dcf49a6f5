/** Run with few file descriptors allowed: opens streams until it cannot, says what it is told, and goes on when there are some again. */
import process from "node:process";
import { connectBytes, listenBytes, type SocketOptions } from "../../../src/link/bytes/open.ts";
import type { ByteStream } from "../../../src/link/bytes/stream.ts";

const address = process.argv[2]!;
const options = JSON.parse(process.argv[3]!) as SocketOptions;
const streams: ByteStream[] = [];
const keep = (stream: ByteStream): void => {
  streams.push(stream);
};
const listener = await listenBytes(address, keep, options);
const connect = (): Promise<void> => connectBytes(listener.address, keep, new AbortController().signal, options);
try {
  for (;;) await connect();
} catch (error) {
  console.log((error as Error).message);
}
for (const stream of streams.splice(0)) stream.destroy();
await new Promise((resolve) => setTimeout(resolve, 50));
await connect();
console.log("again");
for (const stream of streams) stream.destroy();
await listener.close();
process.exit(0);
