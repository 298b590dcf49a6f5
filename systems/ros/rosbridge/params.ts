import { RosError } from "../../../src/errors.ts";
import { type ForeignParams, sessionName } from "../client/client.ts";
import { Refusal } from "../client/refusal.ts";
import { isStruct } from "../xmlrpc/value.ts";
import { writeValue } from "../xmlrpc/write.ts";
import { parse } from "./parse.ts";
import type { Place } from "./place.ts";
import { readAny } from "./read.ts";

const longestName = 1024;
const mostBytes = 16 * 2 ** 20; // characters of what is under one name

/** The params of the graph behind a server, by rosapi. Nobody tells of changes, so they are looked for. */
export class WireParams implements ForeignParams {
  onChange: (name: string, value: unknown) => void = () => {};
  onForgotten: () => void = () => {};
  readonly #place: () => Place | undefined;
  /** A param by which it shows whether the graph has still got what it was told. */
  readonly #mark: string;
  readonly #session: string = Math.random().toString(36).slice(2);
  /** What was under the names that are listened to, as text. */
  readonly #bases: Map<string, string> = new Map();
  /** ROS 2: the names as the server has them, by those that they have here. */
  #written: ReadonlyMap<string, string> = new Map();
  #isMarked = false;

  /** @param caller this node's name */
  constructor(caller: string, place: () => Place | undefined) {
    this.#place = place;
    this.#mark = `${caller}/${sessionName}`;
  }

  async subscribe(base: string): Promise<unknown> {
    await this.#leaveMark();
    const value = await this.get(base);
    this.#bases.set(base, textOf(value));
    return value;
  }

  async unsubscribe(base: string): Promise<void> {
    this.#bases.delete(base);
  }

  async names(): Promise<readonly string[]> {
    const { names } = await this.#call("get_param_names");
    const all = (Array.isArray(names) ? (names as unknown[]) : []).filter((name): name is string =>
      typeof name === "string" && name.length <= longestName && name !== this.#mark
    );
    if (this.#version === 1) return all;
    this.#written = new Map(all.map((name) => [name.replaceAll(/[:.]/g, "/"), name]));
    return [...this.#written.keys()];
  }

  async get(name: string): Promise<unknown> {
    if (this.#version === 1) return some(await this.#read(name));
    await this.names();
    const below = [...this.#written].filter(([here]) => here === name || here.startsWith(name === "/" ? "/" : `${name}/`));
    const values = await Promise.all(below.map(async ([here, there]) => [here, await this.#read(there)] as const));
    if (below.length === 1 && below[0]![0] === name) return values[0]![1];
    const tree: Record<string, unknown> = {};
    for (const [here, value] of values) {
      if (value !== undefined) plant(tree, here.slice(name === "/" ? 1 : name.length + 1).split("/"), value);
    }
    return some(tree);
  }

  async set(name: string, value: unknown): Promise<void> {
    if (this.#version === 2) return this.#set2(name, value);
    try {
      writeValue(value); // what no master could keep
    } catch (error) {
      throw new Refusal((error as Error).message, { cause: error });
    }
    await this.#leaveMark();
    await this.#call("set_param", { name, value: json(value) });
  }

  async delete(name: string): Promise<void> {
    if (this.#version === 2) throw new Refusal("a param of ROS 2 is there while its node is; it cannot be deleted");
    if ((await this.#call("has_param", { name })).exists === true) await this.#call("delete_param", { name });
  }

  /**
   * Looks whether the graph has still got what it was told.
   *
   * @throws RosError when it cannot be reached
   */
  async check(): Promise<void> {
    if (!this.#isMarked || this.#version === 2) return;
    if (await this.#read(this.#mark) === this.#session) return;
    this.#isMarked = false;
    this.onForgotten();
  }

  /** Looks for changes, and tells of them. */
  async look(): Promise<void> {
    for (const [base, before] of this.#bases) {
      const value = await this.get(base);
      const text = textOf(value);
      if (text === before || this.#bases.get(base) !== before) continue;
      this.#bases.set(base, text);
      this.onChange(base, value);
    }
  }

  /** Takes back what is this node's only. */
  async close(): Promise<void> {
    if (this.#isMarked && this.#version === 1) await this.delete(this.#mark).catch(() => {});
  }

  get #version(): 1 | 2 {
    return this.#place()?.rosapi.version ?? 1;
  }

  async #leaveMark(): Promise<void> {
    if (this.#isMarked || this.#version === 2) return;
    await this.#call("set_param", { name: this.#mark, value: JSON.stringify(this.#session) });
    this.#isMarked = true;
  }

  /** Such a server says nothing when a node does not want a value: what is there afterwards tells. */
  async #set2(name: string, value: unknown): Promise<void> {
    const there = this.#written.get(name) ?? (await this.names(), this.#written.get(name));
    if (there === undefined) throw new Refusal(`no node of ROS 2 has declared a param ${name}`);
    const before = await this.#text(there);
    const isFraction = /^-?\d+[.e]/i.test(before); // a whole number would be of another type
    await this.#call("set_param", { name: there, value: isFraction && Number.isInteger(value) ? `${String(value)}.0` : json(value) });
    if (textOf(await this.#read(there)) !== textOf(value)) {
      throw new Refusal(`the node of ${there} does not take ${textOf(value).slice(0, 80)}`);
    }
  }

  async #read(name: string): Promise<unknown> {
    const text = await this.#text(name);
    let value: unknown;
    try {
      value = readAny(parse(text));
    } catch (error) {
      throw new Refusal(`the value of ${name} cannot be read: ${(error as Error).message}`, { cause: error });
    }
    return value === null ? undefined : value;
  }

  async #text(name: string): Promise<string> {
    const key = this.#version === 1 ? "default" : "default_value";
    const { value } = await this.#call("get_param", { name, [key]: "null" });
    if (typeof value !== "string" || value.length > mostBytes) throw new Refusal(`the value of ${name} is no JSON of a bearable size`);
    return value;
  }

  #call(service: string, args: object = {}): Promise<Readonly<Record<string, unknown>>> {
    const place = this.#place();
    if (place === undefined) throw new RosError("the rosbridge server is away");
    if (!place.hasRosapi) throw new RosError("the rosbridge server has no rosapi, without which there are no params");
    return place.rosapi.call(service, args);
  }
}

/** What is there: an empty object says that nothing is. */
function some(value: unknown): unknown {
  return isStruct(value) && Object.keys(value).length === 0 ? undefined : value;
}

function plant(tree: Record<string, unknown>, path: readonly string[], value: unknown): void {
  let at = tree;
  for (const key of path.slice(0, -1)) at = (isStruct(at[key]) ? at[key] : (at[key] = {})) as Record<string, unknown>;
  at[path.at(-1)!] = value;
}

function textOf(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) => (typeof inner === "bigint" ? `${inner}n` : inner)) ?? "";
}

/** JSON in which a whole number of more than 32 bits is a fraction: a master cannot keep it otherwise. */
function json(value: unknown): string {
  if (typeof value === "number") {
    if (!Number.isFinite(value)) return String(value);
    return Number.isInteger(value) && (value | 0) !== value && Math.abs(value) < 1e21 ? `${value}.0` : JSON.stringify(value);
  }
  if (Array.isArray(value)) return `[${value.map(json).join(",")}]`;
  if (!isStruct(value)) return JSON.stringify(value);
  return `{${Object.entries(value).map(([key, inner]) => `${JSON.stringify(key)}:${json(inner)}`).join(",")}}`;
}
