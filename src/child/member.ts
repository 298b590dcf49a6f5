/** What threads and processes that run an engine for some nodes of a graph have in common. */
import { loadCodec } from "../config/load-codec.ts";
import { loadNode } from "../config/load-node.ts";
import { Engine } from "../engine/engine.ts";
import { ChildRole } from "../engine/member/child-role.ts";
import { HostedNodes } from "../engine/member/hosted-nodes.ts";
import type { Bootstrap } from "../engine/wire/bootstrap.ts";

/** Makes an engine for the nodes that the main engine will have it run. It ends with its link to that. */
export async function makeMember(bootstrap: Bootstrap): Promise<ChildRole> {
  const { graph, rate, clock, seed, development, codec: codecSource, link } = bootstrap;
  let role!: ChildRole;
  new Engine({
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
  }, ({ core, engine, nodes, follower }) => role = new ChildRole(core, bootstrap, new HostedNodes(engine, nodes, loadNode), follower));
  role.onOrphaned = (reason) => {
    if (reason !== undefined) process.stderr.write(`the link to the main engine broke: ${reason.message}\n`);
    process.exit(1);
  };
  return role;
}
