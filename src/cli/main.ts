#!/usr/bin/env node
/**
 * The command line: one verb a file.
 *
 * @module
 */
import { ConfigError, DeclarationError, HostError, LinkError, ProtocolError, RosError } from "../errors.ts";
import { proposal, readArguments } from "./arguments.ts";
import { expand } from "./expand.ts";
import { helpText } from "./help.ts";
import { keys } from "./keys.ts";
import { move } from "./move.ts";
import { ros } from "./ros.ts";
import { run } from "./run.ts";
import { validate } from "./validate.ts";
import { verify } from "./verify.ts";
import { UsageError, type Verb } from "./verb.ts";
import { version } from "./version.ts";

const verbs: readonly Verb[] = [run, validate, expand, verify, move, keys, ros];

async function main(words: readonly string[]): Promise<number> {
  const [first, ...rest] = words;
  if (first === "--version" || first === "-v") {
    console.log(version);
    return 0;
  }
  const own = rest.includes("--") ? rest.slice(0, rest.indexOf("--")) : rest;
  if (first === undefined || ["help", "--help", "-h"].includes(first) || own.includes("--help") || own.includes("-h")) {
    console.log(helpText(verbs));
    return 0;
  }
  const verb = verbs.find(({ name }) => name === first);
  if (verb === undefined) {
    throw new UsageError(`pyros has no command ${JSON.stringify(first)}${proposal(first, [...verbs.map(({ name }) => name), "help"])}`);
  }
  return verb.run(readArguments(verb, rest));
}

/** Mistakes of the user are told without a stack: it would lead into Pyros, not to them. */
function tellFailure(error: unknown): number {
  if (error instanceof ConfigError) {
    for (const line of error.message.split("\n")) console.error(`error: ${line}`);
    const { length } = error.problems;
    if (length > 1) console.error(`${length} mistakes`);
    return 2;
  }
  if (error instanceof UsageError) {
    console.error(`error: ${error.message}`);
    return 2;
  }
  if (
    error instanceof HostError || error instanceof LinkError || error instanceof ProtocolError || error instanceof DeclarationError ||
    error instanceof RosError
  ) {
    console.error(`error: ${error.message}`);
    return 1;
  }
  console.error(error);
  return 1;
}

const leftover = 1000; // ms in which what the program holds open may end by itself

process.exitCode = await main(process.argv.slice(2)).catch(tellFailure);
// What nodes have left open must not keep a graph's process that has ended.
setTimeout(() => process.exit(), leftover).unref();
