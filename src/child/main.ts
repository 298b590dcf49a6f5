/** The program of a thread or process that runs an engine for some nodes of a graph. */
import { isMainThread, type MessagePort } from "node:worker_threads";
import { importModule } from "../config/import-module.ts";
import { loadCodec } from "../config/wire.ts";
import type { Bootstrap } from "../engine/wire/bootstrap.ts";
import { linkLimits } from "../engine/wire/link-limits.ts";
import { Engine } from "../engine/engine.ts";
import { NodeStartError } from "../errors.ts";
import type { Connection } from "../link/connection.ts";
import { linkOf } from "../link/links.ts";
import { PortConnection } from "../link/port.ts";
import { type NodeDefinition, toNodeDefinition } from "../node/define.ts";
import { readBootstrap } from "./bootstrap.ts";

interface ThreadBootstrap extends Bootstrap {
  readonly port: MessagePort;
  readonly introductions: MessagePort;
}

async function load(module: string, fresh = false): Promise<NodeDefinition> {
  const { default: value } = await importModule(new URL(module), fresh);
  const definition = toNodeDefinition(value);
  if (definition === undefined) throw new NodeStartError(`${module} exports no node by default`);
  return definition;
}

async function uplinkOf(bootstrap: Bootstrap): Promise<{ main: Connection; introductions?: MessagePort }> {
  if (!isMainThread) {
    const { port, introductions } = bootstrap as ThreadBootstrap;
    return { main: new PortConnection(port), introductions };
  }
  const { connect } = await linkOf(bootstrap.link);
  return { main: await connect(bootstrap.main!, linkLimits) };
}

const bootstrap = readBootstrap().bootstrap as Bootstrap;
const { rate, clock, seed, development, codec: codecSource, link } = bootstrap;
const engine = new Engine({
  rate,
  clock,
  follows: true,
  seed,
  speed: Infinity,
  wire: { codec: await loadCodec(codecSource), codecSource, link },
  development,
  params: {},
  overrides: {},
  paramsFile: undefined,
  systems: [],
  nodes: [],
});
// Without the main engine there is no graph to run for.
await engine.join(bootstrap, await uplinkOf(bootstrap), load, (reason) => {
  if (reason !== undefined) process.stderr.write(`the link to the main engine broke: ${reason.message}\n`);
  process.exit(1);
});
