/** The floor of a call between processes: 64 bytes there and back over a Unix socket, with nothing of a protocol. */
import { connect, createServer, type Socket } from "node:net";
import { answer } from "../lib/answer.ts";
import { callHandlers } from "../lib/calls.ts";
import { bytes64 } from "../lib/message.ts";
import { role, second, socketPath } from "../lib/second.ts";

if (role === undefined) {
  const path = socketPath();
  await second(import.meta.url, path);
  const socket = await new Promise<Socket>((resolve) => {
    const socket = connect(path, () => resolve(socket));
  });
  let have = 0;
  let back: () => void = () => {};
  socket.on("data", (chunk: Uint8Array) => {
    have += chunk.length;
    if (have < 64) return;
    have -= 64;
    back();
  });
  const send = (bytes: Uint8Array): Promise<void> =>
    new Promise((resolve) => {
      back = resolve;
      socket.write(bytes);
    });
  answer(callHandlers(send, bytes64));
} else {
  const server = createServer((socket) => socket.on("data", (chunk) => socket.write(chunk)));
  server.listen(role, () => answer({}));
}
