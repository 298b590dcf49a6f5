/** Has the system ask silent peers whether they are there: one whose machine has gone says nothing. */
import type * as Net from "node:net";
import { clearInterval, setInterval } from "node:timers";

const silence = 10_000; // ms before it asks
const interval = 1000; // ms between two questions; the tenth without an answer ends the connection, as an error

/** Sockets on Deno, for which the system would ask each 75 s only, and how long it waits before it does. */
const asked: Map<Net.Socket, number> = new Map();
let asking: ReturnType<typeof setInterval> | undefined;

/** Asks for a socket of Node, until it is closed: a peer that does not answer is given up after about 20 s of silence. */
export function keepAlive(socket: Net.Socket): void {
  socket.setKeepAlive(true, silence);
  if (!("Deno" in globalThis)) return; // Node sets the interval too
  asked.set(socket, silence);
  socket.once("close", () => {
    asked.delete(socket);
    if (asked.size > 0) return;
    clearInterval(asking);
    asking = undefined;
  });
  if (asking !== undefined) return;
  asking = setInterval(askAll, interval).unref();
}

/**
 * Linux asks at once when the time is set anew and has passed already (`tcp_sock_set_keepidle_locked` in its net/ipv4/tcp.c), and counts
 * that question as others; Deno sets only what differs from what was set before.
 */
function askAll(): void {
  for (const [socket, before] of asked) {
    const next = before === silence ? silence + 1000 : silence;
    asked.set(socket, next);
    socket.setKeepAlive(true, next);
  }
}
