/** What all fuzzers of the ROS bridge share: how they count, and a bridge to throw at. */
import type { Socket } from "node:net";
import { setImmediate } from "node:timers/promises";
import { createEngine, defineNode, type Engine, stream } from "pyros";
import { Random } from "../../../src/time/random.ts";
import { RosMaster } from "../../../systems/ros/master/master.ts";
import { callXml } from "../../../systems/ros/xmlrpc/client.ts";
import { dial } from "./bytes.ts";

/** What came of the messages. */
export interface RosCounts {
  /** Messages that were thrown. */
  frames: number;
  /** Of them, taken: answered, or of use in spite of all. */
  taken: number;
  /** Of them, refused in order. */
  refused: number;
  /** Errors that nobody caught. */
  crashed: number;
  /** What was not answered in time, and bridges that no longer serve in the end. */
  hung: number;
  /** What went wrong first. */
  first?: string;
}

/** How many, and which. */
export interface RosOptions {
  readonly frames: number;
  readonly seed: number;
}

const atOnce = 32; // connections

/** Runs a fuzzer: what nobody catches meanwhile is a crash. */
export async function counted(
  { frames, seed }: RosOptions,
  name: string,
  run: (counts: RosCounts, next: (below: number) => number) => Promise<void>,
): Promise<RosCounts> {
  const counts: RosCounts = { frames: 0, taken: 0, refused: 0, crashed: 0, hung: 0 };
  const crashed = (error: unknown): void => {
    counts.crashed++;
    counts.first ??= error instanceof Error ? String(error.stack) : String(error);
  };
  process.on("uncaughtException", crashed).on("unhandledRejection", crashed);
  const random = new Random(`${name} ${seed}`);
  try {
    await run(counts, (below) => Math.floor(random.next() * below));
  } catch (error) {
    crashed(error);
  }
  await setImmediate();
  process.off("uncaughtException", crashed).off("unhandledRejection", crashed);
  counts.frames = Math.max(counts.frames, frames);
  return counts;
}

/** Notes that something did not end. */
export function hung(counts: RosCounts, what: string): void {
  counts.hung++;
  counts.first ??= what;
}

/** A bridge in a graph of its own, at a master of its own. */
export interface Target {
  readonly engine: Engine;
  readonly master: RosMaster;
  readonly address: string;
  /** Of the slave API. */
  readonly slave: number;
  /** Of TCPROS. */
  readonly port: number;
  close(): Promise<void>;
}

const worker = defineNode({
  streams: { out: stream<{ data: string }>({ type: "std_msgs/String" }) },
  services: { flip: ({ data }: { data: boolean }) => ({ success: !data, message: "flip" }) },
  serviceOptions: { flip: { type: "std_srvs/SetBool" } },
});

export async function openTarget(): Promise<Target> {
  const master = new RosMaster();
  await master.open("127.0.0.1", 0);
  const address = `http://127.0.0.1:${master.port}/`;
  const exports = { streams: ["/worker/out"], services: ["/worker/flip"], params: ["/worker/n"] };
  const imports = { streams: ["/bad/*"], params: ["/bad/**"] };
  const params = { master: address, name: "/target", host: "127.0.0.1", interval: 50, import: imports, export: exports };
  const log = { level: "fatal" } as const;
  const engine = await createEngine({ log, nodes: { "/worker": worker, "/ros": { use: "pyros/ros", params } } }, { base: import.meta.url });
  const ask = (at: string, method: string, ...args: unknown[]) => callXml(at, method, ["/fuzz", ...args]) as Promise<unknown[]>;
  let found: unknown[] = [];
  for (let tries = 0; tries < 400 && found[0] !== 1; tries++) {
    await new Promise((resolve) => setTimeout(resolve, 25));
    found = await ask(address, "lookupService", "/worker/flip");
  }
  const slave = new URL(String((await ask(address, "lookupNode", "/target"))[2]));
  const port = Number(String(found[2]).split(":").at(-1));
  const close = async (): Promise<void> => {
    await engine.close();
    await master.close();
  };
  return { engine, master, address, slave: Number(slave.port), port, close };
}

/**
 * Throws messages at a port, each over a connection of its own.
 *
 * @param make the next message
 * @param isTaken what came of it, by what was answered
 */
export async function throwAt(
  port: number,
  frames: number,
  counts: RosCounts,
  make: () => Uint8Array,
  isTaken: (answer: Uint8Array) => boolean,
): Promise<void> {
  let left = frames;
  const lane = async (): Promise<void> => {
    while (left-- > 0) {
      counts.frames++;
      const socket = await dial(port);
      const answer = await exchange(socket, make());
      if (answer === undefined) hung(counts, "a connection was not ended, though its other end had ended");
      else counts[isTaken(answer) ? "taken" : "refused"]++;
    }
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
}

const patience = 15; // s; a request that is not complete may take 10

/**
 * Says something, and no more; what comes until the other side ends, or undefined where it does not.
 *
 * @param pause ms before it is said that nothing follows
 */
export function exchange(socket: Socket, bytes: Uint8Array, pause = 0): Promise<Uint8Array | undefined> {
  return new Promise((resolve) => {
    const chunks: Uint8Array[] = [];
    // Counted, not read from a clock: on a machine that is busy, time passes without this process.
    let seconds = 0;
    const late = setInterval(() => {
      if (++seconds < patience) return;
      resolve(undefined);
      socket.destroy();
    }, 1000);
    socket.on("data", (chunk) => chunks.push(chunk));
    socket.once("close", () => {
      clearInterval(late);
      resolve(new Uint8Array(Buffer.concat(chunks)));
    });
    socket.write(bytes);
    if (pause === 0) socket.end();
    else setTimeout(() => socket.end(), pause);
  });
}
