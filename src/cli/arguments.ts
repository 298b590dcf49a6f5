import { parseArgs } from "node:util";
import { closest } from "../config/shape.ts";
import { type Arguments, UsageError, type Verb } from "./verb.ts";

/**
 * Reads what stands behind a verb.
 *
 * @throws UsageError for an unknown option, a missing value, more than one config, or other words than the verb asks for
 */
export function readArguments(verb: Verb, words: readonly string[]): Arguments {
  const end = words.indexOf("--");
  const own = end < 0 ? words : words.slice(0, end);
  const kinds = Object.entries(verb.options).map(([name, { value }]) =>
    [name, { type: value === undefined ? "boolean" : "string" }] as const
  );
  const { tokens } = parseArgs({ args: [...own], options: Object.fromEntries(kinds), allowPositionals: true, strict: false, tokens: true });
  const options = new Map<string, string[]>();
  const positionals: string[] = [];
  for (const token of tokens) {
    if (token.kind === "positional") positionals.push(token.value);
    if (token.kind !== "option") continue;
    const option = Object.hasOwn(verb.options, token.name) ? verb.options[token.name] : undefined;
    if (option === undefined) {
      throw new UsageError(
        `pyros ${verb.name} has no option ${token.rawName}${proposal(token.rawName, Object.keys(verb.options).map((name) => `--${name}`))}`,
      );
    }
    if (option.value === undefined && token.value !== undefined) throw new UsageError(`${token.rawName} takes no value`);
    if (option.value !== undefined && (token.value === undefined || (!token.inlineValue && token.value.startsWith("--")))) {
      throw new UsageError(`${token.rawName} needs a value: ${token.rawName} ${option.value}`);
    }
    const values = options.get(token.name);
    if (values === undefined) options.set(token.name, [token.value ?? ""]);
    else if (option.several === true) values.push(token.value ?? "");
    else throw new UsageError(`${token.rawName} is given twice`);
  }
  const rest = end < 0 ? [] : words.slice(end + 1);
  if (verb.words !== undefined) {
    const least = verb.words.filter((word) => !word.startsWith("[")).length;
    const most = verb.words.at(-1)?.endsWith("…]") === true ? Infinity : verb.words.length;
    const fits = positionals.length >= least && positionals.length <= most;
    if (fits) return { config: undefined, words: positionals, options, rest };
    const given = positionals.length === 0 ? "nothing" : positionals.join(" ");
    throw new UsageError(`pyros ${verb.name} takes ${verb.words.join(" ")}, not ${given}`);
  }
  if (positionals.length > 1) {
    throw new UsageError(`pyros ${verb.name} takes one config, not ${positionals.length}: ${positionals.join(", ")}`);
  }
  return { config: positionals[0], words: [], options, rest };
}

/** The end of a message that proposes what was meant. */
export function proposal(word: string, known: readonly string[]): string {
  const near = closest(word, known);
  return near === undefined ? `; there are ${known.join(", ")}` : `; did you mean ${near}?`;
}
