import { randomUUID } from "node:crypto";
import { findGraph } from "../host/graph-file.ts";
import type { Connection, Listener } from "../link/connection.ts";
import { linkOf } from "../link/links.ts";
import { type Greeted, longestHello, petition, type Welcome } from "../peer/hello.ts";
import { protocol } from "../peer/messages.ts";
import { linkLimits } from "./bootstrap.ts";
import type { EnginePlan, JoinPlan, WirePlan } from "./plan.ts";

/** A graph that has let this engine in. */
export interface Entry {
  readonly to: JoinPlan;
  readonly wire: WirePlan;
  /** The same whenever this engine joins again. */
  readonly instance: string;
  readonly greeted: Greeted<Welcome>;
  /** Where this engine listens for others. */
  readonly listener: Listener;
  /** Is given each connection of another engine; nobody is told the address before this is set. */
  onConnection: (connection: Connection) => void;
}

/**
 * Asks a graph to let this engine in.
 *
 * @throws HostError when there is no such graph, LinkError when it cannot be reached, ProtocolError when it refuses
 */
export async function knock(to: JoinPlan, wire: WirePlan, instance: string = randomUUID()): Promise<Entry> {
  const found = findGraph(to.graph);
  const link = await linkOf(wire.link);
  let onConnection: Entry["onConnection"] = (connection) => connection.destroy();
  const listen = `ipc://${found.folder}/g${randomUUID().slice(-12)}.sock`;
  const listener = await link.listen(listen, { ...linkLimits, firstMessage: longestHello }, (connection) => onConnection(connection));
  try {
    const connection = await link.connect(found.address, linkLimits);
    const request = { pyros: protocol, codec: wire.codec.name, join: to.as, instance, secret: found.secret };
    const greeted = await petition(connection, request);
    return {
      to,
      wire,
      instance,
      greeted,
      listener,
      get onConnection() {
        return onConnection;
      },
      set onConnection(set) {
        onConnection = set;
      },
    };
  } catch (error) {
    await listener.close();
    throw error;
  }
}

/** The plan of an engine that was let in: the graph decides what is one in it. */
export function planOf(plan: EnginePlan, { to, greeted }: Entry): EnginePlan {
  const { rate, seed, development } = greeted.hello;
  return { ...plan, rate: to.rate ?? rate, seed, development };
}
