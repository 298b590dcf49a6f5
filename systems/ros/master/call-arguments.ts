import { XmlFault } from "../xmlrpc/value.ts";

const longest = 1024; // characters of one text

/**
 * What a text of a call is: the `name` of a topic, a service or a node, or the `key` of a param, which are read from where the
 * caller stands; a `namespace`, which may be empty; a `type`; the `address` of a node or a service; or a `text` as it is.
 */
export type Kind = "name" | "key" | "namespace" | "type" | "address" | "text";

/** The texts of a call, and who calls. */
export type Arguments<K extends string> = { readonly [name in K | "node"]: string };

/**
 * Reads the texts of a call: the name of the caller, and then what `kinds` lists.
 *
 * @throws XmlFault when one is missing, or is not of its kind
 */
export function readArguments<K extends string>(
  given: readonly unknown[],
  kinds: { readonly [name in K]: Kind },
): Arguments<K> {
  const read: Record<string, string> = { node: textOf("caller_id", given[0]) };
  Object.entries<Kind>(kinds).forEach(([name, kind], i) => {
    const text = textOf(name, given[i + 1]);
    const problem = problemOf(kind, text);
    if (problem !== undefined) throw new XmlFault(-1, `${name} ${JSON.stringify(text.slice(0, 80))} ${problem}`);
    const isPlace = kind === "name" || kind === "key" || (kind === "namespace" && text !== "");
    read[name] = isPlace ? absolute(text, read["node"]!) : text;
  });
  return read as Arguments<K>;
}

/** The parts of a name. */
export function partsOf(name: string): string[] {
  return name.split("/").filter((part) => part !== "");
}

/** A name as it is seen from a node: `~x` is its own, `x` in its namespace. */
function absolute(name: string, node: string): string {
  const base = name.startsWith("/") ? "" : name.startsWith("~") ? node : node.slice(0, node.lastIndexOf("/") + 1);
  return `/${partsOf(`${base}/${name.replace(/^~/, "")}`).join("/")}`;
}

function textOf(name: string, given: unknown): string {
  if (typeof given === "string" && given.length <= longest) return given;
  throw new XmlFault(-1, `${name} must be a text of at most ${longest} characters`);
}

function problemOf(kind: Kind, text: string): string | undefined {
  if (kind === "namespace" || kind === "text") return undefined;
  if (text === "") return "must not be empty";
  if (kind === "name") return /[: ]|^\/+$/.test(text) ? "is no name" : undefined;
  if (kind === "type") return text === "*" || text.split("/").length === 2 ? undefined : "is no type, such as std_msgs/String";
  if (kind === "address") return /^(http|rosrpc):\/\//.test(text) ? undefined : "is no address, such as http://host:port/";
  return undefined;
}
