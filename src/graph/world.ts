/**
 * The graph as an ECS world: what each entity of a graph is, and where to read what is known about it.
 *
 * @module
 */
import { addComponent, addEntity, createWorld, query, removeComponent, removeEntity } from "bitecs";

/** A component: an identity that entities can have. What an entity holds stands in the world's {@link GraphTables} under its id. */
export type Component = object;

/** Entities that are nodes; `world.node[id]` tells of them. */
export const IsNode: Component = {};
/** Entities that are services of a provider; `world.service[id]` tells of them. */
export const IsService: Component = {};
/** Entities that are leaves of the param tree; `world.param[id]` tells of them. */
export const IsParam: Component = {};
/** Entities that are streams of a publisher; `world.stream[id]` tells of them. */
export const IsStream: Component = {};
/** Entities that are subscriptions to a stream; `world.subscription[id]` tells of them. */
export const IsSubscription: Component = {};
/** Node entities that run. */
export const Running: Component = {};
/** Node entities whose `update` a frame calls. */
export const Updating: Component = {};

/** A thing of the graph: it has a name, and the name of the node that owns it. */
export interface Entry {
  /** Absolute name in the graph. */
  readonly name: string;
  /** Absolute name of the owning node; a node owns itself. */
  readonly owner: string;
}

/** Per kind of entity, what is known about it, under the entity's id. Entity ids are reused: none may be kept beyond a frame. */
export interface GraphTables {
  /** Nodes and systems. */
  readonly node: Entry[];
  /** Services, one entry a provider. */
  readonly service: Entry[];
  /** Leaves of the param tree. */
  readonly param: Entry[];
  /** Streams, one entry a publisher. */
  readonly stream: Entry[];
  /** Subscriptions. */
  readonly subscription: Entry[];
}

/** Name of a kind of entity. */
export type Kind = keyof GraphTables;

/** The bitECS world of an engine; a user's own components and entities live in it beside the graph. */
export type GraphWorld = GraphTables & object;

const marks: Readonly<Record<Kind, Component>> = {
  node: IsNode,
  service: IsService,
  param: IsParam,
  stream: IsStream,
  subscription: IsSubscription,
};

/**
 * Makes the world of one engine.
 *
 * @returns a bitECS world with empty tables
 */
export function createGraphWorld(): GraphWorld {
  return createWorld<GraphTables>({ node: [], service: [], param: [], stream: [], subscription: [] });
}

/**
 * Enters a thing into the graph.
 *
 * @param world the engine's world
 * @param kind what it is
 * @param entry what is known about it
 * @returns its entity id, valid until {@link leave}
 */
export function enter<T extends Entry>(world: GraphWorld, kind: Kind, entry: T): number {
  const id = addEntity(world);
  addComponent(world, id, marks[kind]);
  world[kind][id] = entry;
  return id;
}

/**
 * Takes a thing out of the graph.
 *
 * @param world the engine's world
 * @param kind what it is
 * @param id what {@link enter} returned
 */
export function leave(world: GraphWorld, kind: Kind, id: number): void {
  removeEntity(world, id);
  world[kind][id] = undefined as never;
}

/**
 * Gives an entity a mark, or takes it away.
 *
 * @param world the engine's world
 * @param id the entity
 * @param mark the component
 * @param on whether it has it from now on
 */
export function mark(world: GraphWorld, id: number, mark: Component, on: boolean): void {
  if (on) addComponent(world, id, mark);
  else removeComponent(world, id, mark);
}

/**
 * All things of one kind, in the order of their names.
 *
 * @param world the engine's world
 * @param kind what to list
 * @returns what is known about each
 */
export function entries<T extends Entry = Entry>(world: GraphWorld, kind: Kind): T[] {
  const found: T[] = [];
  for (const id of query(world, [marks[kind]])) found.push(world[kind][id] as T);
  return found.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : a.owner < b.owner ? -1 : 1));
}
