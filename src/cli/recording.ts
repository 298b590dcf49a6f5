import { createHash } from "node:crypto";
import { inspect } from "node:util";
import { cbor } from "../codec/cbor.ts";
import type { Composed } from "../config/compose.ts";
import { published } from "../config/wiring.ts";
import type { Engine } from "../engine/engine.ts";

const depth = 65_536; // items that may wait: nothing of a recording is to be dropped
const before = 3; // lines that are shown before a difference
const longest = 400; // characters of a value that are shown
const inspection = {
  depth: Infinity,
  compact: Infinity,
  breakLength: Infinity,
  maxArrayLength: 20,
  maxStringLength: longest,
  sorted: true,
};

/** What happened in a run, a line each, in the order in which the main engine saw it: items of streams, params, and the lives of nodes. */
export class Recording {
  readonly lines: string[] = [];
  readonly #engine: Engine;
  #over = false;

  /**
   * Begins to record, once the engine has started: in which order nodes come up is not what a scenario is about.
   *
   * @param graph whose nodes and systems publish what is recorded
   */
  constructor(engine: Engine, graph: Composed) {
    this.#engine = engine;
    for (const stream of published(graph)) this.#stream(stream);
    this.#add("params", engine.params.get("/"));
    engine.params.watch("/", (value) => this.#add("params", value));
    engine.watchGraph(({ type, node, error }) => this.#add(`${node} ${type}`, ...(error === undefined ? [] : [String(error)])));
  }

  /** Adds how the run has ended, and records no more. */
  end(): void {
    for (const { name, status } of this.#engine.nodes) this.#add(`${name} is ${status}`);
    this.#add("params", this.#engine.params.get("/"));
    this.#over = true;
  }

  #stream(name: string): void {
    this.#engine.stream(name, { depth }).on((value, { publisher, seq, missed }) =>
      this.#add(`${name} #${seq} of ${publisher}${missed === 0 ? "" : `, behind ${missed} that were lost`}`, value)
    );
  }

  #add(what: string, ...values: readonly unknown[]): void {
    if (this.#over) return;
    const time = (this.#engine.time / 1000).toFixed(6);
    this.lines.push(`${time} s  ${[what, ...values.map(textOf)].join("  ")}`);
  }
}

/** A value, and a digest of all of it where not all is shown. */
function textOf(value: unknown): string {
  const text = inspect(value, inspection).replace(/\s*\n\s*/g, " ");
  if (text.length < longest && !text.includes("more item") && !text.includes("more character")) return text;
  const hash = createHash("sha256");
  for (const part of cbor.encode(value)) hash.update(part);
  return `${text.slice(0, longest)}…  sha256 ${hash.digest("hex").slice(0, 16)}`;
}

/** Where two recordings part, in lines for people; undefined when they are the same. */
export function difference(one: Recording, oneName: string, other: Recording, otherName: string): string[] | undefined {
  const end = Math.max(one.lines.length, other.lines.length);
  let at = 0;
  while (at < end && one.lines[at] === other.lines[at]) at++;
  if (at === end) return undefined;
  const width = Math.max(oneName.length, otherName.length);
  const line = (name: string, text: string | undefined): string => `${name.padStart(width + 2)} | ${text ?? "(it has ended)"}`;
  return [
    ...one.lines.slice(Math.max(0, at - before), at).map((text) => line("", text)),
    line(oneName, one.lines[at]),
    line(otherName, other.lines[at]),
  ];
}
