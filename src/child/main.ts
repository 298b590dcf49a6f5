/** The program of a thread or process that runs an engine for some nodes of a graph. */
import { isMainThread, type MessagePort } from "node:worker_threads";
import { loadNode } from "../config/load-node.ts";
import { loadCodec } from "../config/wire.ts";
import type { Bootstrap } from "../engine/wire/bootstrap.ts";
import { linkLimits } from "../engine/wire/link-limits.ts";
import { Engine } from "../engine/engine.ts";
import { PyrosError } from "../errors.ts";
import { cannotJoin } from "../host/handle.ts";
import type { Connection } from "../link/connection.ts";
import { linkOf } from "../link/links.ts";
import { PortConnection } from "../link/port.ts";
import { readBootstrap } from "./bootstrap.ts";

interface ThreadBootstrap extends Bootstrap {
  readonly port: MessagePort;
  readonly introductions: MessagePort;
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
const { graph, rate, clock, seed, development, codec: codecSource, link } = bootstrap;
const engine = new Engine({
  rate,
  clock,
  follows: true,
  graph,
  seed,
  speed: Infinity,
  wire: { codec: await loadCodec(codecSource), codecSource, link },
  load: loadNode,
  development,
  params: {},
  overrides: {},
  paramsFile: undefined,
  systems: [],
  nodes: [],
});
try {
  // Without the main engine there is no graph to run for.
  await engine.join(bootstrap, await uplinkOf(bootstrap), (reason) => {
    if (reason !== undefined) process.stderr.write(`the link to the main engine broke: ${reason.message}\n`);
    process.exit(1);
  });
} catch (error) {
  if (!isMainThread || !(error instanceof PyrosError)) throw error;
  process.stderr.write(`${cannotJoin}${error.message}\n`); // the main engine reads it
  process.exit(1);
}
