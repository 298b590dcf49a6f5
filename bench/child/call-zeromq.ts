/** Calls with zeromq.js: 64 raw bytes there and back. Arguments: `reqrep` or `dealer`, and for the other half its address. */
import { answer } from "../lib/answer.ts";
import { callHandlers } from "../lib/calls.ts";
import { bytes64 } from "../lib/message.ts";
import { isAbsent } from "../lib/peers.ts";
import { second, socketPath } from "../lib/second.ts";
import { unlimited, zeromq } from "../lib/zeromq.ts";

const [pattern, listens] = process.argv.slice(2);
const zmq = await zeromq();
if (isAbsent(zmq)) throw new Error(zmq.absent);

if (listens === undefined) {
  const address = `ipc://${socketPath()}`;
  await second(import.meta.url, pattern, address);
  if (pattern === "reqrep") {
    const socket = new zmq.Request();
    socket.connect(address);
    const send = async (bytes: Uint8Array): Promise<unknown> => {
      await socket.send(bytes);
      return await socket.receive();
    };
    answer(callHandlers(send, bytes64));
  } else {
    const socket = new zmq.Dealer({
      ...unlimited.sends,
      ...unlimited.receives,
    });
    socket.connect(address);
    const waiting: ((reply: unknown) => void)[] = [];
    // A socket takes one send at a time.
    let sending = Promise.resolve();
    void (async () => {
      for await (const reply of socket) waiting.shift()?.(reply);
    })();
    const send = (bytes: Uint8Array): Promise<unknown> =>
      new Promise((resolve) => {
        waiting.push(resolve);
        sending = sending.then(() => socket.send(bytes));
      });
    answer(callHandlers(send, bytes64));
  }
} else if (pattern === "reqrep") {
  const socket = new zmq.Reply();
  await socket.bind(listens);
  answer({});
  for await (const [bytes] of socket) await socket.send(bytes);
} else {
  const socket = new zmq.Router({ ...unlimited.sends, ...unlimited.receives });
  await socket.bind(listens);
  answer({});
  for await (const parts of socket) await socket.send(parts);
}
