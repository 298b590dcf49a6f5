import { randomUUID } from "node:crypto";
import { findGraph, findGraphAt, type FoundGraph } from "../../host/graph-file.ts";
import { readKeyFile } from "../../host/keys.ts";
import { parseAddress } from "../../link/bytes/address.ts";
import type { Connection } from "../../link/connection.ts";
import { connectZmtp } from "../../link/zmtp/connect.ts";
import { decodeZ85 } from "../../link/zmtp/curve/z85.ts";
import { type Greeted, petition, type Welcome } from "../../peer/hello.ts";
import { protocol } from "../../peer/messages.ts";
import { MemberLinks } from "./member-links.ts";
import { farHeartbeat, linkLimits } from "../wire/link-limits.ts";
import type { EnginePlan, JoinPlan, WirePlan } from "../core/plan.ts";

/** A graph that has let this engine in. */
export interface Entry {
  readonly to: JoinPlan;
  readonly wire: WirePlan;
  /** The same whenever this engine joins again. */
  readonly instance: string;
  readonly greeted: Greeted<Welcome>;
  /** Where this engine listens for others. */
  readonly links: MemberLinks;
}

/**
 * Asks a graph to let this engine in.
 *
 * @throws HostError when there is no such graph or no such file of keys, LinkError when it cannot be reached, ProtocolError when it
 *   refuses
 */
export async function askToJoin(to: JoinPlan, wire: WirePlan, instance: string = randomUUID()): Promise<Entry> {
  const links = new MemberLinks(wire.link);
  try {
    const { link, secret } = await (to.keys === undefined ? onThisMachine(to, links) : onAnother(to, links));
    const request = {
      pyros: protocol,
      codec: wire.codec.name,
      files: true,
      join: to.as,
      instance,
      ...(secret === undefined ? {} : { secret }),
    };
    return { to, wire, instance, greeted: await petition(link, request), links };
  } catch (error) {
    await links.close();
    throw error;
  }
}

interface Way {
  readonly link: Connection;
  /** Proves that this engine may join, where no key does. */
  readonly secret?: string;
}

async function onThisMachine({ graph }: JoinPlan, links: MemberLinks): Promise<Way> {
  const byAddress = graph.startsWith("tcp:");
  const { folder, address, far, secret }: FoundGraph = byAddress ? findGraphAt(graph) : findGraph(graph);
  await links.near(`ipc://${folder}/g${randomUUID().slice(-12)}.sock`);
  if (far !== undefined) await links.far(`tcp://${far}:*`);
  return { link: await links.connect(byAddress ? graph : address, undefined), secret };
}

async function onAnother({ graph, keys, serverKey, listen }: JoinPlan, links: MemberLinks): Promise<Way> {
  const own = await readKeyFile(keys!);
  const address = parseAddress(graph);
  await links.far(listen, own, address.kind === "tcp" ? address.host : undefined);
  const curve = { ...own, serverKey: decodeZ85(serverKey!) };
  return { link: await connectZmtp(graph, { ...linkLimits, heartbeat: farHeartbeat, curve }) };
}

/** The plan of an engine that was let in: the graph decides what is one in it. */
export function planOf(plan: EnginePlan, { to, greeted }: Entry): EnginePlan {
  const { graph, rate, seed, development } = greeted.hello;
  return { ...plan, graph, rate: to.rate ?? rate, seed, development };
}
