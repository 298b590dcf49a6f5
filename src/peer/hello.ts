import { LinkError, ProtocolError, type PyrosError } from "../errors.ts";
import type { Connection } from "../link/connection.ts";
import { protocol } from "./messages.ts";

/** What the two ends of a link tell each other before anything else: one message, in JSON. */
export interface Hello {
  /** Version of the protocol. */
  readonly pyros: number;
  /** Which graph it belongs to. */
  readonly graph: string;
  /** The engine's number in the graph. */
  readonly engine: number;
  /** Proves that it belongs there. */
  readonly secret: string;
  /** Name of the codec that it speaks. */
  readonly codec: string;
}

/** A link that both sides have greeted over. */
export interface Greeted {
  readonly hello: Hello;
  readonly connection: Connection;
  /** What has come behind the hello already. */
  readonly early: readonly Uint8Array[][];
}

const longest = 4096; // bytes of a hello
const patience = 30_000; // ms that the other side has

/** A hello of this version. */
export function hello(graph: string, engine: number, secret: string, codec: string): Hello {
  return { pyros: protocol, graph, engine, secret, codec };
}

/**
 * Exchanges hellos over a new connection.
 *
 * @param connection one that was made in this turn
 * @param own what this side tells
 * @returns what the other side told, and the connection, to be taken into use
 * @throws ProtocolError when it does not fit, which the other side is told too; LinkError when the connection breaks
 */
export function greet(connection: Connection, own: Hello): Promise<Greeted> {
  return new Promise((resolve, reject) => {
    const fail = (error: PyrosError): void => {
      clearTimeout(timer);
      connection.onMessage = () => {};
      connection.onClose = () => {};
      connection.destroy(error);
      reject(error);
    };
    const timer = setTimeout(() => fail(new LinkError(`no hello came within ${patience} ms`)), patience);
    connection.onClose = (reason) =>
      fail(new LinkError(`the link broke before the hello${reason === undefined ? "" : `: ${reason.message}`}`));
    connection.onMessage = ([first, ...more]) => {
      const told = read(first, more.length);
      if (typeof told === "string") return fail(new ProtocolError(`this engine was refused: ${told}`));
      const problem = problemOf(told, own);
      if (problem !== undefined) {
        connection.send([encode({ refused: problem })]);
        connection.onMessage = () => {};
        connection.onClose = () => {};
        connection.close();
        clearTimeout(timer);
        return reject(new ProtocolError(problem));
      }
      clearTimeout(timer);
      const early: Uint8Array[][] = [];
      connection.onMessage = (parts) => void early.push(parts);
      connection.onClose = () => {};
      resolve({ hello: told as Hello, connection, early });
    };
    connection.send([encode(own)]);
  });
}

function encode(what: object): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(what));
}

/** What the other side says; a text says why it refuses us. */
function read(first: Uint8Array | undefined, more: number): Partial<Hello> | string | undefined {
  if (first === undefined || more > 0 || first.length > longest) return undefined;
  try {
    const told: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(first));
    if (typeof told !== "object" || told === null || Array.isArray(told)) return undefined;
    const { refused } = told as { refused?: unknown };
    return refused === undefined ? told : String(refused);
  } catch {
    return undefined;
  }
}

function problemOf(told: Partial<Hello> | undefined, own: Hello): string | undefined {
  if (told === undefined || typeof told.pyros !== "number") return "what came first is no hello of Pyros";
  if (told.pyros !== own.pyros) return `it speaks version ${told.pyros} of the protocol, and this engine version ${own.pyros}`;
  if (told.graph !== own.graph) return `it belongs to another graph, ${JSON.stringify(told.graph)}`;
  if (told.secret !== own.secret) return "its secret is not that of this graph";
  if (told.codec !== own.codec) return `it speaks the codec ${JSON.stringify(told.codec)}, and this engine ${JSON.stringify(own.codec)}`;
  if (!Number.isSafeInteger(told.engine) || told.engine! < 0) return "its hello names no engine";
  return undefined;
}
