import { NodeLostError } from "../../../src/errors.ts";
import type { ForeignGraph, TopicInfo } from "../client/client.ts";
import type { NameLimit } from "../client/name-limit.ts";
import { plainName } from "../message/definition.ts";
import type { Place } from "./place.ts";
import type { TopicState } from "./topic-reader.ts";

/** What a bridge may want of the graph: each further thing that is looked at is work for the server. */
export interface Interest {
  /** Whether it matters who publishes a topic, and who subscribes to it. */
  topic(name: string): boolean;
  /** Services that are named, with their types: they are there also where nobody can tell. */
  readonly services: readonly string[];
  /** What other bridges of this graph give to the same ROS graph: names of topics or services there, and the bridges. */
  ours(kind: "streams" | "services"): ReadonlyMap<string, string>;
  /** The bridge: of two that give the same service, the first by name does. */
  readonly bridge: string;
}

/** What this node has there itself. */
export interface OwnNames {
  readonly readers: Iterable<string>;
  readonly writers: Iterable<string>;
  readonly servers: Iterable<string>;
}

/** The graph, as it was when it was looked at. */
export interface Look {
  readonly graph: ForeignGraph;
  topic(name: string): TopicState;
  subscribers(topic: string): readonly string[];
  /** Who has a service of that name, where somebody has that this node is not to replace. */
  provider(service: string): string | undefined;
}

/**
 * Looks at the graph behind a server.
 *
 * @throws NodeLostError when the server has gone
 */
export async function lookAt(place: Place, interest: Interest, own: OwnNames, limit: NameLimit): Promise<Look> {
  const { rosapi, address } = place;
  const types = await known(place);
  if ([...types.values()].some((type) => type.includes("/msg/"))) rosapi.version = 2;
  const [readers, writers, servers] = [new Set(own.readers), new Set(own.writers), new Set(own.servers)];
  const [ourTopics, ourServices] = [interest.ours("streams"), interest.ours("services")];
  const isOurs = (topic: string): boolean => writers.has(topic) || ourTopics.has(topic);
  const topics = new Map<string, TopicInfo>();
  const audiences = new Map<string, readonly string[]>();
  const wanted = new Set(limit.cut("topics", [...types.keys()].filter((name) => interest.topic(name))));
  const nodes = (kind: "publishers" | "subscribers", topic: string): Promise<readonly string[]> =>
    rosapi.nodes(kind, topic).catch((error: unknown) => {
      if (error instanceof NodeLostError) throw error;
      return []; // this one may be hidden
    });
  await Promise.all([...types].map(async ([name, type]) => {
    const isWanted = wanted.has(name);
    if (!isWanted && !readers.has(name) && !writers.has(name)) return;
    const [publishers, subscribers] = await Promise.all([
      isOurs(name) ? [] : nodes("publishers", name),
      isWanted || writers.has(name) ? nodes("subscribers", name) : [],
    ]);
    audiences.set(name, subscribers);
    if (publishers.length + subscribers.length > 0) {
      topics.set(name, { name, type: type === "" ? "*" : plainName(type), publishers, subscribers });
    }
  }));
  const provided = place.hasRosapi ? await rosapi.services() : interest.services;
  const sorted = new Map([...topics].toSorted(([a], [b]) => (a < b ? -1 : 1)));
  const services = limit.cut("services", provided.filter((name) => name !== "" && !servers.has(name) && !ourServices.has(name)));
  const everybody = place.hasRosapi ? [] : [address];
  return {
    graph: { topics: sorted, services: new Map(services.toSorted().map((name) => [name, [address]])) },
    topic: (name) => ({
      type: topics.get(name)?.type ?? plainName(types.get(name) || "*"),
      publishers: topics.get(name)?.publishers ?? everybody,
      isOurs: isOurs(name),
    }),
    subscribers: (topic) => audiences.get(topic) ?? everybody,
    provider(service) {
      const other = ourServices.get(service);
      if (provided.includes(service) && !servers.has(service)) return other ?? address;
      return other !== undefined && other < interest.bridge ? other : undefined;
    },
  };
}

/** The topics of the graph, and their types; none where the server cannot tell. */
async function known(place: Place): Promise<ReadonlyMap<string, string>> {
  try {
    const topics = await place.rosapi.topics();
    place.hasRosapi = true;
    return topics;
  } catch (error) {
    if (error instanceof NodeLostError) throw error;
    place.hasRosapi = false;
    return new Map();
  }
}
