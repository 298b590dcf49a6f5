/** What tests of bad input need. */
import type { Socket } from "node:net";
import { callXml } from "../../systems/ros/xmlrpc/client.ts";
import { until } from "./support.ts";
import { Random } from "../../src/time/random.ts";

export { mutate } from "../../scripts/fuzz/ros/bytes.ts";

/** How many changed messages a test throws. */
export const mutations: number = Number(process.env.PYROS_MUTATIONS ?? 4000);

/** Whole numbers below a limit, of a sequence that a seed decides. */
export function randomOf(seed: string): (below: number) => number {
  const random = new Random(seed);
  return (below) => Math.floor(random.next() * below);
}

/** What a socket brings until there are so many bytes, or it ends. */
export function bytesOf(socket: Socket, count: number): Promise<Uint8Array> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    const take = (): void => resolve(new Uint8Array(Buffer.concat(chunks)));
    socket.on("data", (chunk) => {
      chunks.push(chunk);
      if (chunks.reduce((sum, { length }) => sum + length, 0) >= count) take();
    });
    socket.once("close", take);
  });
}

/** The port of TCPROS, and the address of the slave API, of a node; waits until it publishes a topic. */
export async function placeOf(master: string, node: string, topic: string): Promise<{ readonly slave: string; readonly port: number }> {
  let place: { slave: string; port: number } | undefined;
  await until(`${node} publishes ${topic}`, async () => {
    const [, , slave] = (await callXml(master, "lookupNode", ["/test", node])) as [number, string, unknown];
    if (typeof slave !== "string" || slave === "") return false;
    const [, , where] = (await callXml(slave, "requestTopic", ["/test", topic, [["TCPROS"]]])) as [number, string, unknown];
    if (Array.isArray(where)) place = { slave, port: where[2] as number };
    return place !== undefined;
  });
  return place!;
}
