/**
 * Sockets of libzmq in a process of their own, on Node: its addon is not sound on Deno, and a peer that dies must not take the
 * tests along. It reads a JSON object a line, does what it says, and answers with one.
 */
import { createInterface } from "node:readline";
import * as zmq from "zeromq";

export interface Request {
  id: number;
  do: "open" | "bind" | "connect" | "send" | "receive" | "subscribe" | "close" | "keys" | "events";
  socket?: number;
  type?: string;
  options?: Record<string, unknown>;
  address?: string;
  /** In base64. */
  parts?: string[];
  topic?: string;
}

type Socket = zmq.Socket & {
  send?(parts: Buffer[]): Promise<void>;
  receive?(): Promise<Buffer[]>;
  subscribe?(topic: string): void;
};

const sockets = new Map<number, Socket>();
const events = new Map<number, string[]>();

const deeds: Record<Request["do"], (request: Request, socket: Socket) => unknown> = {
  open({ socket, type, options }) {
    const classes = zmq as unknown as Record<string, new (options: object) => Socket>;
    const made = new classes[type!]!({ linger: 0, ...options });
    sockets.set(socket!, made);
    const seen: string[] = [];
    events.set(socket!, seen);
    for (const name of ["handshake", "handshake:error:protocol", "handshake:error:auth", "handshake:error:other", "disconnect"] as const) {
      made.events.on(name, () => seen.push(name));
    }
  },
  async bind({ address }, socket) {
    await socket.bind(address!);
    return socket.lastEndpoint;
  },
  connect: ({ address }, socket) => socket.connect(address!),
  send: ({ parts }, socket) => socket.send!(parts!.map((part) => Buffer.from(part, "base64"))),
  receive: async (_, socket) => (await socket.receive!()).map((part) => part.toString("base64")),
  subscribe: ({ topic }, socket) => socket.subscribe!(topic!),
  events: ({ socket }) => events.get(socket!),
  close({ socket: id }, socket) {
    socket.close();
    sockets.delete(id!);
  },
  keys: () => zmq.curveKeyPair(),
};

const lines = createInterface({ input: process.stdin });
lines.on("line", async (line) => {
  const request = JSON.parse(line) as Request;
  let answer: object;
  try {
    answer = { id: request.id, value: await deeds[request.do](request, sockets.get(request.socket!)!) };
  } catch (error) {
    answer = { id: request.id, error: String(error) };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
});
lines.on("close", () => {
  for (const socket of sockets.values()) socket.close();
});
