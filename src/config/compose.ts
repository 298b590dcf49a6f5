/**
 * From configs to the nodes, systems and params of one graph: loads what they name, and follows mounts.
 *
 * @module
 */
import type { Placement } from "../node/placement.ts";
import { isSystemDefinition, type SystemDefinition } from "../frame/system.ts";
import { checkAbsolute } from "../graph/names.ts";
import { NodeNames, Scope } from "../graph/scope.ts";
import { type NodeDefinition, toNodeDefinition } from "../node/define.ts";
import { type ConfigFunction, type EngineConfig, isConfigFunction, type NodeEntry } from "./define.ts";
import { bareParts, configShape, looksLikeNode } from "./fields.ts";
import { load, type Loaded } from "./load.ts";
import { checkGiven, checkNames } from "./node-params.ts";
import { leavesOf, type ParamLeaf } from "./param-tree.ts";
import type { Place, Problems } from "./problems.ts";
import { type Keys, pathText } from "./keys.ts";
import { isObject, mustBe } from "./shape.ts";
import type { Source } from "./source.ts";

/** A node of the graph, and where its parts were written. */
export interface ComposedNode {
  /** Absolute name inside its graph. */
  readonly name: string;
  readonly scope: Scope;
  readonly names: NodeNames;
  readonly definition: NodeDefinition;
  readonly entry: Omit<NodeEntry, "use">;
  /** The values of its params. */
  readonly params: Record<string, unknown>;
  /** Where each of `params` was written. */
  readonly paramPlaces: Map<string, Place | string>;
  readonly place: Place;
  /** The module it came from; undefined for one given as a value. */
  readonly file: URL | undefined;
  /** What counts where the entry does not say: of the config around it, and of the mounts. */
  readonly defaults: Defaults;
}

/** A system of the graph. */
export interface ComposedSystem {
  readonly definition: SystemDefinition;
  readonly scope: Scope;
  readonly place: Place;
  readonly file: URL | undefined;
}

/** What a config says for all its nodes. */
export interface Defaults {
  readonly rate?: { readonly value: number; readonly place: Place };
  readonly restart?: { readonly value: NonNullable<EngineConfig["restart"]>; readonly place: Place };
  readonly placement?: { readonly value: Placement; readonly place: Place };
}

/** A graph, composed of a config and of those that are mounted in it. */
export interface Composed {
  /** The outermost config; empty where it could not be read. */
  readonly config: EngineConfig;
  readonly source: Source;
  readonly nodes: ComposedNode[];
  readonly systems: ComposedSystem[];
  /** Initial params, by absolute name. */
  readonly params: Map<string, ParamLeaf>;
  /** Params of the command line, by absolute name: they replace even what the file of params holds. */
  readonly overrides: Map<string, ParamLeaf>;
}

interface Link {
  /** A file's address, or the config itself. */
  readonly key: unknown;
  readonly label: string;
}

/** One config on its way into the graph. */
interface Part {
  readonly config: EngineConfig;
  readonly source: Source;
  /** Where the config stands in its source; empty unless it was written inside another. */
  readonly at: Keys;
  readonly scope: Scope;
  readonly inherited: Defaults;
  /** What the entry that mounts it says instead of it. */
  readonly instead: Defaults;
  /** The configs that it is mounted in, and itself. */
  readonly chain: readonly Link[];
}

const deepest = 100; // mounts inside mounts

/** Composes one graph. Mistakes go to `problems`; the result is to be used only if there are none. */
export class Composer implements Composed {
  config: EngineConfig = {};
  readonly source: Source;
  readonly nodes: ComposedNode[] = [];
  readonly systems: ComposedSystem[] = [];
  readonly params: Map<string, ParamLeaf> = new Map();
  readonly overrides: Map<string, ParamLeaf> = new Map();
  readonly #problems: Problems;
  readonly #args: readonly string[];
  readonly #taken: Map<string, Place> = new Map();
  readonly #checked: WeakSet<NodeDefinition> = new WeakSet();

  constructor(source: Source, problems: Problems, args: readonly string[]) {
    this.source = source;
    this.#problems = problems;
    this.#args = args;
  }

  /** Reads the outermost config: a value, or what a file holds. */
  async compose(value: unknown): Promise<void> {
    const { source } = this;
    const config = await this.#read(value, { source, keys: [] });
    if (config === undefined) return;
    this.config = config;
    const chain = [{ key: source.file?.href ?? value, label: source.label ?? "this config" }];
    await this.#graph({ config, source, at: [], scope: new Scope(), inherited: {}, instead: {}, chain });
  }

  /** Calls a config's function, and checks what it holds. */
  async #read(value: unknown, place: Place): Promise<EngineConfig | undefined> {
    let config = value;
    if (typeof config === "function") {
      try {
        config = await (config as ConfigFunction)(this.#args);
      } catch (error) {
        this.#problems.add(
          place,
          `the config's function threw ${error instanceof Error ? `${error.name}: ${error.message}` : String(error)}`,
        );
        return undefined;
      }
    }
    configShape.check(config, place.keys, this.#problems.at(place.source));
    return isObject(config) ? config : undefined;
  }

  async #graph(part: Part): Promise<void> {
    const { config, scope, chain } = part;
    const here = (...keys: Keys): Place => ({ source: part.source, keys: [...part.at, ...keys] });
    const own = { restart: config.restart, placement: config.placement, rate: chain.length === 1 ? undefined : config.rate };
    const defaults: Defaults = { ...part.inherited, ...defaultsOf(own, here), ...part.instead };
    this.#addParams(config.params, here("params"), scope);
    if (Array.isArray(config.systems)) {
      for (const [i, system] of config.systems.entries()) await this.#system(system, here("systems", i), scope);
    }
    if (!isObject(config.nodes)) return;
    for (const [name, value] of Object.entries(config.nodes)) {
      const place = here("nodes", name);
      const bare = !isObject(value) || toNodeDefinition(value) !== undefined || looksLikeNode(value);
      const entry = (bare ? { use: value } : value) as NodeEntry;
      await this.#entry({ name, entry, place, use: bare ? place : here("nodes", name, "use") }, part, defaults);
    }
  }

  async #system(given: unknown, place: Place, scope: Scope): Promise<void> {
    const loaded = typeof given === "string" && given !== "" ? await load(given, place, this.#problems) : undefined;
    if (typeof given === "string" && loaded === undefined) return;
    const value = loaded === undefined ? given : loaded.value;
    for (const definition of Array.isArray(value) ? value : [value]) {
      if (!isSystemDefinition(definition)) {
        if (loaded !== undefined) {
          this.#problems.add(
            place,
            `${given as string} exports no system by default; it ${mustBe("what defineSystem returns", definition)}`,
          );
        }
        continue;
      }
      try {
        const absolute = scope.absolute(checkAbsolute(`/${definition.name}`, "system"));
        if (this.#take(absolute, place, "systems or nodes")) this.systems.push({ definition, scope, place, file: loaded?.file });
      } catch (error) {
        this.#problems.add(place, (error as Error).message);
      }
    }
  }

  async #entry(at: EntryPlace, part: Part, defaults: Defaults): Promise<void> {
    let value: unknown = at.entry.use;
    let loaded: Loaded | undefined;
    if (typeof value === "string") {
      if (value !== "") loaded = await load(value, at.use, this.#problems);
      if (loaded === undefined) return;
      value = loaded.value;
    }
    const definition = isConfigFunction(value) ? undefined : toNodeDefinition(value);
    if (definition !== undefined) this.#node(at, definition, loaded?.file, part.scope, defaults);
    else if (looksLikeNode(value)) this.#problems.add(at.use, `${loaded === undefined ? "this" : String(at.entry.use)} ${bareParts}`);
    else if (isConfigFunction(value) || isObject(value)) await this.#mount(at, value, loaded, part, defaults);
    else if (loaded !== undefined) {
      this.#problems.add(
        at.use,
        `${String(at.entry.use)} exports no node and no config by default; it ${
          mustBe("what defineNode returns, a function, or a config", value)
        }`,
      );
    }
  }

  #node({ name, entry, place }: EntryPlace, definition: NodeDefinition, file: URL | undefined, scope: Scope, defaults: Defaults): void {
    const { use: _use, ...rest } = entry;
    let names: NodeNames;
    try {
      names = new NodeNames(name, scope, isObject(entry.remap) ? entry.remap : {});
    } catch {
      return; // the check of the config has told it
    }
    if (!this.#take(names.node, place, "nodes")) return;
    if (!this.#checked.has(definition)) checkNames(definition, place.keys, this.#problems.at(place.source));
    this.#checked.add(definition);
    const params = isObject(entry.params) ? { ...entry.params } : {};
    const places = new Map<string, Place | string>();
    for (const key of Object.keys(params)) {
      const keys = [...place.keys, "params", key];
      checkGiven(definition, key, params[key], keys, this.#problems.at(place.source));
      places.set(key, { source: place.source, keys });
    }
    this.nodes.push({ name, scope, names, definition, entry: rest, params, paramPlaces: places, place, file, defaults });
  }

  async #mount(
    { name, entry, place, use }: EntryPlace,
    value: object,
    loaded: Loaded | undefined,
    part: Part,
    defaults: Defaults,
  ): Promise<void> {
    const link = { key: loaded?.file.href ?? value, label: loaded?.source.label ?? pathText(use.keys) };
    const cycle = part.chain.findIndex(({ key }) => key === link.key);
    if (cycle >= 0 || part.chain.length > deepest) {
      const way = [...part.chain.slice(Math.max(0, cycle)), link].map(({ label }) => label);
      this.#problems.add(use, `mounts itself: ${(way.length > 10 ? [...way.slice(0, 9), "…"] : way).join(" -> ")}`);
      return;
    }
    let scope: Scope;
    try {
      scope = new Scope(name, isObject(entry.remap) ? entry.remap : {}, part.scope);
    } catch (error) {
      this.#problems.add(
        { ...place, keys: [...place.keys, "remap"] },
        `${(error as Error).message}; in a mounted config, both sides begin with /`,
      );
      return;
    }
    const source = loaded?.source ?? place.source;
    const at = loaded === undefined ? use.keys : [];
    const config = await this.#read(value, { source, keys: at });
    if (config === undefined) return;
    const here = (...keys: Keys): Place => ({ source: place.source, keys: [...place.keys, ...keys] });
    if (entry.checkpoint !== undefined) {
      this.#problems.add(here("checkpoint"), "is a matter of single nodes, not of a mounted config", "key");
    }
    this.#addParams(entry.params, here("params"), scope);
    await this.#graph({ config, source, at, scope, inherited: defaults, instead: defaultsOf(entry, here), chain: [...part.chain, link] });
  }

  /** Those that came first stay: the outer config says more than what it mounts. */
  #addParams(tree: unknown, place: Place, scope: Scope): void {
    for (const leaf of leavesOf(tree, place)) {
      const name = scope.absolute(leaf.name);
      if (!this.params.has(name)) this.params.set(name, leaf);
    }
  }

  #take(absolute: string, place: Place, what: string): boolean {
    const other = this.#taken.get(absolute);
    if (other === undefined) {
      this.#taken.set(absolute, place);
      return true;
    }
    const file = other.source === place.source ? "" : `${other.source.label ?? ""} `;
    this.#problems.add(place, `two ${what} have the name ${absolute}; the other one is ${file}${pathText(other.keys)}`, "key");
    return false;
  }
}

/** An entry of `nodes`: what it says, and where it and its `use` stand. */
interface EntryPlace {
  readonly name: string;
  readonly entry: NodeEntry;
  readonly place: Place;
  readonly use: Place;
}

function defaultsOf(
  { rate, restart, placement }: Pick<EngineConfig, "rate" | "restart" | "placement">,
  here: (key: string) => Place,
): Defaults {
  return {
    ...(placement === undefined ? {} : { placement: { value: placement, place: here("placement") } }),
    ...(rate === undefined ? {} : { rate: { value: rate, place: here("rate") } }),
    ...(restart === undefined ? {} : { restart: { value: restart, place: here("restart") } }),
  };
}
