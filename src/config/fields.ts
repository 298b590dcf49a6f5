/**
 * What a config may hold: the one source of the checks, the defaults and the JSON schema.
 *
 * @module
 */
import { codecNames, isCodecPath } from "../codec/codecs.ts";
import { isSystemDefinition } from "../frame/system.ts";
import { checkAbsolute, checkRelative } from "../graph/names.ts";
import { isPublicKey } from "../host/keys.ts";
import { parseAddress } from "../link/bytes/address.ts";
import { linkNames } from "../link/links.ts";
import { toNodeDefinition } from "../node/define.ts";
import { isSubtree, typeOf, undefinedProblem } from "../param/rule.ts";
import { snapshot } from "../value/copy.ts";
import type { Report } from "./problems.ts";
import type { Keys } from "./keys.ts";
import {
  above,
  choice,
  closest,
  didYouMean,
  either,
  type Field,
  flag,
  from,
  isObject,
  list,
  mustBe,
  object,
  record,
  type Shape,
  shape,
  text,
} from "./shape.ts";

const segment = "^[A-Za-z0-9_]+$";
const absolute = "^(/[A-Za-z0-9_]+)+$";
const anyName = "^[/~]?[A-Za-z0-9_]+(/[A-Za-z0-9_]+)*$";

const restart: Shape = either(
  choice("never", "on-failure", "always"),
  object('a policy such as { mode: "always", limit: 3 }', {
    mode: { shape: choice("never", "on-failure", "always"), about: "When to restart.", byDefault: "on-failure" },
    delay: { shape: from(0, ", in ms"), about: "Ms before the first restart; doubles with each.", byDefault: 100 },
    maxDelay: { shape: from(0, ", in ms"), about: "Ms before a restart at most.", byDefault: 10_000 },
    limit: { shape: from(0, ""), about: "Restarts within the window at most; then the node is given up.", byDefault: 5 },
    window: { shape: from(0, ", in ms"), about: "Ms.", byDefault: 60_000 },
  }),
);

const placement = choice("loop", "thread", "process");

const words = choice("trace", "debug", "info", "warning", "error", "fatal");

const params: Shape = {
  expected: "a tree of params: an object",
  schema: { type: "object", propertyNames: { pattern: segment } },
  check(value, keys, report) {
    if (!isObject(value)) return report(keys, mustBe(params.expected, value));
    let copy: Record<string, unknown>;
    try {
      copy = snapshot(value);
    } catch (error) {
      return report(keys, `no param can hold this: ${(error as Error).message}`);
    }
    checkTree(copy, keys, report);
  },
};

function checkTree(tree: Record<string, unknown>, keys: Keys, report: Report): void {
  for (const key of Object.keys(tree)) {
    const at = [...keys, key];
    if (!/^[A-Za-z0-9_]+$/.test(key) || key === "__proto__") {
      report(
        at,
        `${JSON.stringify(key)} is no name of a param: letters, digits and _; what is below another name is nested: { arm: { gain: 1 } }`,
        "key",
      );
    }
    const value = tree[key];
    if (isSubtree(value)) checkTree(value, at, report);
    else if (value === undefined) report(at, undefinedProblem);
    else if (typeOf(value) === undefined) report(at, mustBe("data", value));
  }
}

/** The rules of names, as reasons. */
function refusal(check: (name: string, what: string) => string, what: string): (name: string) => string | undefined {
  return (name) => {
    try {
      check(name, what);
      return undefined;
    } catch (error) {
      const { message } = error as Error;
      return check === checkAbsolute && new RegExp(absolute).test(`/${name}`)
        ? `${message}; did you mean ${JSON.stringify(`/${name}`)}?`
        : message;
    }
  };
}

const nameShape: Shape = {
  expected: "a name",
  schema: { type: "string", pattern: anyName },
  check(value, keys, report) {
    const problem = typeof value === "string" ? refusal(checkRelative, "name")(value) : mustBe("a name", value);
    if (problem !== undefined) report(keys, problem);
  },
};

const use: Shape = shape(
  "a node (what defineNode returns, or a function), a config, or the path of a file that holds one of these",
  { anyOf: [{ type: "string", minLength: 1 }, { $ref: "#" }] },
  // A config given as a value is checked when it is mounted.
  (value) => (typeof value === "string" ? value !== "" : toNodeDefinition(value) !== undefined || isObject(value)),
);

/** The keys of a node's entry. */
export const entryFields: Readonly<Record<string, Field>> = {
  use: { shape: use, about: "The path of a module or of a config, relative to this file." },
  params: { shape: params, about: "Values of declared params; of a mounted config, a tree of its params." },
  remap: {
    shape: record("an object of names: the node's word to another", nameShape, refusal(checkRelative, "name"), anyName),
    about: "The node's words to other names; of a mounted config, names inside it to names outside.",
  },
  rate: { shape: above(0, ", in Hz"), about: "Hz at which update runs; every frame by default." },
  restart: { shape: restart, about: "When the node is started again." },
  checkpoint: {
    shape: above(0, ", in ms"),
    about: "Ms between two copies of the node's state: after a failure it goes on with the last one.",
  },
  placement: { shape: placement, about: "Where the node runs; as the config says by default." },
};

const entryObject: Shape = object("an object with use", entryFields, "use");
const nodeParts = ["update", "services", "setup", "state", "streams", "inputs", "needs", "on", "dispose"];

/** What is to be said of a node's parts that are no node yet. */
export const bareParts = "looks like a node that defineNode has not made; write defineNode({ … })";

/** Whether something is the parts of a node, without `defineNode` around them. */
export function looksLikeNode(value: unknown): boolean {
  return isObject(value) && value.use === undefined && value.nodes === undefined && nodeParts.some((part) => Object.hasOwn(value, part));
}

const entry: Shape = {
  expected: 'a node, the path of its module, or { use: "./node.ts" }',
  schema: { anyOf: [{ type: "string", minLength: 1 }, { $ref: "#/$defs/entry" }] },
  check(value, keys, report) {
    if (typeof value === "string" ? value !== "" : toNodeDefinition(value) !== undefined) return;
    if (!isObject(value)) return report(keys, mustBe(entry.expected, value));
    // The parts of a node are told of when they are to be mounted.
    if (!looksLikeNode(value)) entryObject.check(value, keys, report);
  },
};

const system: Shape = shape(
  "a system (what defineSystem returns), or the path of its module",
  { type: "string", minLength: 1 },
  (value) => typeof value === "string" ? value !== "" : isSystemDefinition(value),
);

const seed: Shape = shape(
  "a string or a number",
  { type: ["string", "number"] },
  (value) => typeof value === "string" || (typeof value === "number" && !Number.isNaN(value)),
);

const heartbeat: Shape = shape(
  "a number above 0, in ms, or false",
  { anyOf: [{ type: "number", exclusiveMinimum: 0 }, { const: false }] },
  (value) => value === false || (typeof value === "number" && value > 0 && value < 2 ** 31),
);

const host: Shape = object("an object with placement and nodes", {
  placement: { shape: choice("thread", "process"), about: "What it is." },
  nodes: { shape: list("a list of names of nodes", text("the absolute name of a node")), about: "Absolute names of the nodes in it." },
  runtime: { shape: choice("node", "deno"), about: "Which runtime a process runs; that of the program by default." },
  permissions: {
    shape: list("a list of options of Deno", text("an option of Deno, such as --allow-net=example.org")),
    about: "What a process that runs Deno may do beyond what the engine needs.",
  },
  heartbeat: { shape: heartbeat, about: "Ms between two looks whether it still runs; false for none; as the config says by default." },
}, "placement");

const log: Shape = object("an object with level, nodes, format", {
  level: { shape: words, about: "The least severe level that is shown.", byDefault: "info" },
  nodes: {
    shape: record("an object of levels, by node", words, refusal(checkAbsolute, "node"), absolute),
    about: "Other levels of single nodes.",
  },
  format: { shape: choice("text", "json"), about: "Text for people, or one JSON object a line.", byDefault: "text" },
});

const codec: Shape = {
  expected: `one of ${codecNames.map((name) => JSON.stringify(name)).join(", ")}, or the path of a module such as "./codecs/mine.ts"`,
  schema: { anyOf: [{ enum: codecNames }, { type: "string", pattern: "[./]" }] },
  check(value, keys, report) {
    if (typeof value === "string" && (codecNames.includes(value) || isCodecPath(value))) return;
    report(keys, mustBe(codec.expected, value) + didYouMean(typeof value === "string" ? closest(value, codecNames) : undefined));
  },
};
const graphName = "^[A-Za-z0-9_-]{1,32}$";
const graph: Shape = shape(
  "1 to 32 letters, digits, _ and -",
  { type: "string", pattern: graphName },
  (value) => typeof value === "string" && new RegExp(graphName).test(value),
);

const tcp: Shape = shape("an address such as tcp://127.0.0.1:7000", { type: "string", pattern: "^tcp://" }, isTcp);

const toJoin: Shape = shape(
  "the name of a graph, or an address such as tcp://10.0.0.1:7000",
  { anyOf: [{ type: "string", pattern: graphName }, tcp.schema] },
  (value) => typeof value === "string" && (new RegExp(graphName).test(value) || isTcp(value)),
);

function isTcp(value: unknown): boolean {
  try {
    return parseAddress(value as string).kind === "tcp";
  } catch {
    return false;
  }
}

const publicKey: Shape = shape(
  "a public key: 40 characters, as pyros keys prints them",
  { type: "string", minLength: 40, maxLength: 40 },
  (value) => typeof value === "string" && isPublicKey(value),
);

const keys = list("a list of public keys", publicKey);
const allow: Shape = {
  expected: "a list of public keys, or the path of a folder with files of them",
  schema: { anyOf: [keys.schema, { type: "string", minLength: 1 }] },
  check(value, at, report) {
    if (typeof value !== "string" && !Array.isArray(value)) report(at, mustBe(allow.expected, value));
    else if (Array.isArray(value)) keys.check(value, at, report);
  },
};

/** The keys of a config. */
export const configFields: Readonly<Record<string, Field>> = {
  $schema: { shape: text("the address of a JSON schema"), about: "The address of this schema." },
  name: {
    shape: graph,
    about: "The graph's name: engines of this user that others start join it by that. Of an engine that joins: what people know it by.",
  },
  join: {
    shape: toJoin,
    about: "The graph that this engine joins, which another one leads: its name, or its address. It leads its own by default.",
  },
  listen: {
    shape: tcp,
    about: "Where others may join, beside the graph's folder; without keys, 127.0.0.1. Of an engine that joins: where others link to it.",
  },
  keys: {
    shape: text("the path of a file of keys"),
    about: "The file of this engine's keys, relative to this file; pyros keys makes one.",
  },
  allow: { shape: allow, about: "Who may join with a key: a list of public keys, or the path of a folder with files of them." },
  serverKey: { shape: publicKey, about: "Of an engine that joins with a key: the public key of the graph's main engine." },
  rate: { shape: above(0, ", in Hz"), about: "Frames a second, in Hz.", byDefault: 60 },
  clock: { shape: choice("live", "sim"), about: "Real time, or virtual time.", byDefault: "live" },
  seed: { shape: seed, about: 'Decides all randomness; random by default in live time, "0" in simulated time.' },
  speed: { shape: above(0, "", true), about: "In simulated time: how many times real time; as fast as possible by default." },
  development: { shape: flag, about: "Whether checks run that cost time; by default, unless NODE_ENV is production." },
  placement: { shape: placement, about: "Where nodes run that do not say.", byDefault: "loop" },
  hosts: {
    shape: record("an object of hosts, by name", host, refusal((name) => checkAbsolute(`/${name}`, "host"), "host"), segment),
    about: "Threads and processes that several nodes share.",
  },
  heartbeat: {
    shape: heartbeat,
    about: "Ms between two looks whether a thread or process still runs, which is lost after five; 1,000 by default; false for none.",
  },
  control: { shape: flag, about: "Whether nodes may move others, by the services /engine/move and /engine/nodes; not by default." },
  codec: {
    shape: codec,
    about: "What the bytes between engines are: a codec of Pyros, or the path of a module that exports one, relative to this file.",
    byDefault: "cbor",
  },
  link: { shape: choice(...linkNames), about: "What carries them between processes: zeromq is libzmq, on Node only.", byDefault: "zmtp" },
  params: { shape: params, about: "Initial params of the graph: a tree." },
  paramsFile: {
    shape: shape(
      "the path of a .yaml, .yml or .json file",
      { type: "string", pattern: "\\.(yaml|yml|json)$" },
      (value) => typeof value === "string" && /\.(yaml|yml|json)$/.test(value),
    ),
    about: "The file that keeps the params beyond the end of the program, relative to this file.",
  },
  systems: { shape: list("a list of systems", system), about: "Paths of modules that export a system by default, or a list of them." },
  nodes: {
    shape: record("an object of nodes, by name", entry, refusal(checkAbsolute, "node"), absolute),
    about: "Nodes, by absolute name.",
  },
  restart: { shape: restart, about: "When nodes are started again that do not say.", byDefault: "on-failure" },
  log: { shape: log, about: "What pyros run logs." },
};

/** A whole config. */
export const configShape: Shape = object("a config: an object such as { nodes: { … } }", configFields);

/** The JSON schema of configs that are written in YAML or JSON. */
export function configSchema(): object {
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    title: "Pyros config",
    description: "What an engine of Pyros runs.",
    ...configShape.schema,
    $defs: { entry: entryObject.schema },
  };
}
