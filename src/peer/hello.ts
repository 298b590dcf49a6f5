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
  /** Whether it can take large items from a file in the folder of the link's socket. */
  readonly files?: boolean;
}

/** What an engine says to the main engine, in the place of a hello, that was started by somebody else and asks to be let in. */
export interface JoinRequest {
  readonly pyros: number;
  readonly codec: string;
  /** As people are to know it. */
  readonly join: string;
  /** As in {@link Hello}. */
  readonly files?: boolean;
  /** Random, and the same whenever it joins again: it cannot be there twice. */
  readonly instance: string;
  /** The graph's, where it was found in the graph's file; else a key proves that it may join. */
  readonly secret?: string;
}

/** What an engine that was let in is told: the hello of the main engine, and what it would have been started with. */
export interface Welcome extends Hello {
  /** Its number in the graph. */
  readonly you: number;
  /** Frames a second, in Hz. */
  readonly rate: number;
  readonly seed: string;
  readonly development: boolean;
  /** The host at which engines on this machine listen for those on others. */
  readonly far?: string;
}

/** A link that both sides have greeted over. */
export interface Greeted<T = Hello> {
  /** What the other side has told. */
  readonly hello: T;
  readonly connection: Connection;
  /** What has come behind the hello already. */
  readonly early: readonly Uint8Array[][];
}

/** What is said to somebody who connects, and that all is well; a text says why not. */
export type Reply = object | string;

/** Bytes of a hello. */
export const longestHello = 4096;
const longestWelcome = 2 ** 20; // bytes; a seed may be long
const patience = 30_000; // ms that the other side has

/** A hello of this version. */
export function hello(graph: string, engine: number, secret: string, codec: string): Hello {
  return { pyros: protocol, graph, engine, secret, codec, files: true };
}

/**
 * Exchanges hellos over a new connection: of the side that connects, or of either where nobody else can have connected.
 *
 * @param connection one that was made in this turn
 * @param own what this side tells
 * @returns what the other side told, and the connection, to be taken into use
 * @throws ProtocolError when it does not fit, which the other side is told too; LinkError when the connection breaks
 */
export function greet(connection: Connection, own: Hello): Promise<Greeted> {
  return exchange(connection, longestHello, own, (told) => helloProblem(told, own) ?? {});
}

/**
 * Exchanges hellos with somebody who has connected: nothing is said before it is known who that is.
 *
 * @param answer what to say; a text refuses. What it is given may be anything
 * @throws as {@link greet}
 */
export function receive<T>(connection: Connection, answer: (told: Partial<T> | undefined) => Reply): Promise<Greeted<T>> {
  return exchange<T>(connection, longestHello, undefined, answer);
}

/**
 * Asks the main engine to be let in.
 *
 * @returns its welcome
 * @throws ProtocolError when it refuses, and says why; LinkError when the connection breaks
 */
export function petition(connection: Connection, request: JoinRequest): Promise<Greeted<Welcome>> {
  return exchange<Welcome>(connection, longestWelcome, request, (told) => welcomeProblem(told, request) ?? {});
}

function exchange<T>(
  connection: Connection,
  longest: number,
  opening: object | undefined,
  answer: (told: Partial<T> | undefined) => Reply,
): Promise<Greeted<T>> {
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
      const told = read<T>(first, more.length, longest);
      if (typeof told === "string") return fail(new ProtocolError(`this engine was refused: ${told}`));
      const reply = answer(told);
      clearTimeout(timer);
      if (typeof reply === "string") {
        connection.send([encode({ refused: reply })]);
        connection.onMessage = () => {};
        connection.onClose = () => {};
        connection.close();
        return reject(new ProtocolError(reply));
      }
      if (opening === undefined) connection.send([encode(reply)]);
      const early: Uint8Array[][] = [];
      connection.onMessage = (parts) => void early.push(parts);
      connection.onClose = () => {};
      resolve({ hello: told as T, connection, early });
    };
    if (opening !== undefined) connection.send([encode(opening)]);
  });
}

function encode(what: object): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(what));
}

/** What the other side says; a text says why it refuses us. */
function read<T>(first: Uint8Array | undefined, more: number, longest: number): Partial<T> | string | undefined {
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

/** Why a hello is none of this graph. */
export function helloProblem(told: Partial<Hello> | undefined, own: Hello): string | undefined {
  const problem = versionProblem(told, own);
  if (problem !== undefined) return problem;
  if (told!.graph !== own.graph) return `it belongs to another graph, ${JSON.stringify(told!.graph)}`;
  if (!isSecret(told!.secret, own.secret)) return "its secret is not that of this graph";
  if (!isNumber(told!.engine)) return "its hello names no engine";
  return undefined;
}

/** Why an engine that asks to be let in cannot be. */
export function requestProblem(told: Partial<JoinRequest>, own: Hello, proved: boolean): string | undefined {
  const problem = versionProblem(told, own);
  if (problem !== undefined) return problem;
  if (!proved && !isSecret(told.secret, own.secret)) return "its secret is not that of this graph";
  for (const [key, most] of [["join", 256], ["instance", 64]] as const) {
    const text: unknown = told[key];
    // oxlint-disable-next-line no-control-regex
    const fits = typeof text === "string" && text !== "" && text.length <= most && !/[\u0000-\u001f\u007f]/.test(text);
    if (!fits) return `it gives no ${key}, a text of 1 to ${most} characters without control characters`;
  }
  return undefined;
}

function welcomeProblem(told: Partial<Welcome> | undefined, own: JoinRequest): string | undefined {
  const problem = versionProblem(told, own);
  if (problem !== undefined) return problem;
  const { graph, secret, seed, engine, you, rate, development } = told!;
  const texts = typeof graph === "string" && typeof secret === "string" && typeof seed === "string";
  const fits = texts && engine === 0 && isNumber(you) && typeof rate === "number" && rate > 0 && typeof development === "boolean";
  return fits ? undefined : "what it says is no welcome";
}

function versionProblem(told: Partial<Hello> | undefined, own: { readonly pyros: number; readonly codec: string }): string | undefined {
  if (told === undefined || typeof told.pyros !== "number") return "what came first is no hello of Pyros";
  if (told.pyros !== own.pyros) return `it speaks version ${told.pyros} of the protocol, and this engine version ${own.pyros}`;
  if (told.codec !== own.codec) return `it speaks the codec ${JSON.stringify(told.codec)}, and this engine ${JSON.stringify(own.codec)}`;
  return undefined;
}

/** In a time that does not tell how much of it is right. */
function isSecret(told: unknown, secret: string): boolean {
  if (typeof told !== "string" || told.length !== secret.length) return false;
  let wrong = 0;
  for (let i = 0; i < secret.length; i++) wrong |= told.charCodeAt(i) ^ secret.charCodeAt(i);
  return wrong === 0;
}

function isNumber(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
