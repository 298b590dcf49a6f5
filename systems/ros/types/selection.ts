import { RosError } from "../../../src/errors.ts";
import { nearest } from "../../../src/graph/names.ts";
import { type Definition, isPrimitive } from "../message/definition.ts";
import type { Library } from "../message/library.ts";

/** The definitions that were asked for, with all that they need. */
export interface Selection {
  /** By their names. */
  readonly messages: ReadonlyMap<string, Definition>;
  /** Requests and responses, by the names of services. */
  readonly services: ReadonlyMap<string, { readonly request: Definition; readonly response: Definition }>;
  /** Names of actions, as types are named: `package/NameAction`. */
  readonly actions: readonly string[];
}

const actionParts = ["Goal", "Result", "Feedback"] as const;

/**
 * Finds what packages, or single types, hold.
 *
 * @param names such as `geometry_msgs`, `std_srvs/SetBool` or `actionlib/TestAction`
 * @throws RosError when something of this, or something that it needs, is not known
 */
export function select(names: readonly string[], library: Library): Selection {
  const messages = new Map<string, Definition>();
  const services = new Map<string, { readonly request: Definition; readonly response: Definition }>();
  const actions = new Set<string>();
  const need = ({ fields }: Definition): void => {
    for (const { type } of fields) if (!isPrimitive(type)) addMessage(type);
  };
  const addMessage = (name: string): void => {
    if (messages.has(name)) return;
    const { definition } = library.message(name);
    messages.set(name, definition);
    need(definition);
  };
  const addService = (name: string): void => {
    const { request, response } = library.service(name);
    services.set(name, { request: request.definition, response: response.definition });
    need(request.definition);
    need(response.definition);
  };
  const addAction = (name: string): void => {
    actions.add(name);
    for (const part of actionParts) addMessage(name.replace(/Action$/, part));
  };
  for (const name of names) {
    const [pack, base] = name.split("/") as [string, string | undefined];
    const all = library.contents(pack);
    const of = (kind: keyof typeof all): readonly string[] => (base === undefined ? all[kind] : all[kind].filter((one) => one === base));
    const found = [of("messages"), of("services"), of("actions")] as const;
    if (found.every((list) => list.length === 0)) throw unknown(pack, base, [...all.messages, ...all.services, ...all.actions]);
    for (const one of found[0]) addMessage(`${pack}/${one}`);
    for (const one of found[1]) addService(`${pack}/${one}`);
    for (const one of found[2]) addAction(`${pack}/${one}`);
  }
  const sorted = <T>(map: ReadonlyMap<string, T>): ReadonlyMap<string, T> => new Map([...map].sort(([a], [b]) => (a < b ? -1 : 1)));
  return { messages: sorted(messages), services: sorted(services), actions: [...actions].sort() };
}

function unknown(pack: string, base: string | undefined, all: readonly string[]): RosError {
  const name = base === undefined ? pack : `${pack}/${base}`;
  if (all.length === 0) {
    const where = "add the folder that holds it by --types, or npm install @foxglove/rosmsg-msgs-common for the common ones";
    return new RosError(`no package ${pack} was found: ${where}`, { name });
  }
  const near = nearest(base!, all);
  return new RosError(`${pack} has no ${base!}; ${near === undefined ? `it has ${all.join(", ")}` : `did you mean ${near}?`}`, { name });
}
