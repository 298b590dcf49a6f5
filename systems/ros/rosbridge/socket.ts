import { RosError } from "../../../src/errors.ts";

/** Bytes, or characters, of the largest message that a server may send: one of 64 MiB takes a third more as base64. */
export const largestFrame: number = 96 * 2 ** 20;
const patience = 5000; // ms until a connection is there
const farewell = 1000; // ms that the server has to say goodbye

/** What a socket tells. None of these may throw. */
export interface SocketEvents {
  readonly onText: (text: string) => void;
  readonly onBytes: (bytes: Uint8Array) => void;
  /** It has ended; told once. */
  readonly onClose: (reason: string) => void;
}

/** A WebSocket that is connected. */
export interface Socket {
  /** Bytes that wait in it to be sent. */
  readonly buffered: number;
  send(text: string): void;
  /** Ends it; resolves when it has ended, within 1 s. */
  close(): Promise<void>;
}

interface Events {
  readonly open: unknown;
  readonly message: { readonly data: unknown };
  readonly error: { readonly message?: string; readonly error?: { readonly message?: string } };
  readonly close: { readonly code: number; readonly reason: string };
}

/** What the WebSocket of a runtime and that of the package have in common. */
interface AnySocket {
  binaryType: string;
  readonly bufferedAmount: number;
  readonly readyState: number;
  addEventListener<K extends keyof Events>(type: K, listener: (event: Events[K]) => void): void;
  send(data: string): void;
  close(): void;
  terminate?(): void;
}

type Make = (url: string) => AnySocket;

/**
 * How a WebSocket is made here. On Node it is the one of the package `ws`, where that is installed: it refuses a message that is too
 * large before it takes memory for it, which Node's own cannot.
 *
 * @throws RosError where there is none
 */
async function maker(): Promise<Make> {
  const own = (globalThis as { WebSocket?: new (url: string) => unknown }).WebSocket;
  let cause: unknown;
  if (!("Deno" in globalThis)) {
    const name = "ws";
    try {
      const { WebSocket } = (await import(/* @vite-ignore */ name)) as { // not by a literal: who checks the types need not have it
        WebSocket: new (url: string, protocols: readonly string[], options: object) => AnySocket;
      };
      return (url) => new WebSocket(url, [], { maxPayload: largestFrame, perMessageDeflate: false, handshakeTimeout: patience });
    } catch (error) {
      cause = error;
    }
  }
  if (own !== undefined) return (url) => new own(url) as AnySocket;
  throw new RosError("rosbridge needs a WebSocket, which this version of Node does not have: npm install ws, or take Node 22 or later", {
    name: "ws",
    cause,
  });
}

/** @throws RosError where there is no WebSocket, saying what to install */
export async function checkWebSocket(): Promise<void> {
  await maker();
}

/**
 * Connects to a server.
 *
 * @param signal gives it up
 * @throws RosError when it cannot be reached, within 5 s
 */
export async function openSocket(url: string, events: SocketEvents, signal: AbortSignal): Promise<Socket> {
  const make = await maker();
  signal.throwIfAborted();
  let socket: AnySocket;
  try {
    socket = make(url);
  } catch (error) {
    throw new RosError(`${url} cannot be connected: ${(error as Error).message}`, { cause: error });
  }
  socket.binaryType = "arraybuffer";
  socket.addEventListener("message", ({ data }) => {
    if (typeof data === "string") events.onText(data);
    else if (data instanceof ArrayBuffer) events.onBytes(new Uint8Array(data));
  });
  let ended: () => void = () => {};
  const end = new Promise<void>((resolve) => (ended = resolve));
  const cut = (): void => socket.terminate === undefined ? socket.close() : socket.terminate();
  let problem = "";
  let isOpen = false;
  await new Promise<void>((resolve, reject) => {
    const fail = (reason: string): void => {
      clearTimeout(late);
      signal.removeEventListener("abort", given);
      reject(new RosError(`the rosbridge server at ${url} cannot be reached: ${reason}`));
    };
    const given = (): void => {
      fail("it is not wanted any more");
      cut();
    };
    const late = setTimeout(() => {
      fail(`no answer within ${patience} ms`);
      cut();
    }, patience);
    signal.addEventListener("abort", given, { once: true });
    socket.addEventListener("open", () => {
      clearTimeout(late);
      signal.removeEventListener("abort", given);
      isOpen = true;
      resolve();
    });
    socket.addEventListener("error", (event) => (problem = event.error?.message || event.message || problem));
    socket.addEventListener("close", ({ code, reason }) => {
      const why = String(reason).slice(0, 200) || problem || (code === 1006 ? "the connection broke" : `it closed with code ${code}`);
      ended();
      if (isOpen) events.onClose(why);
      else fail(why);
    });
  });
  return {
    get buffered() {
      return socket.bufferedAmount;
    },
    send: (text) => {
      if (socket.readyState === 1) socket.send(text);
    },
    close: async () => {
      socket.close();
      const late = setTimeout(() => {
        socket.terminate?.();
        ended();
      }, farewell);
      await end;
      clearTimeout(late);
    },
  };
}
