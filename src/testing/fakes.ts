import { DeclarationError } from "../errors.ts";
import { checkAbsolute, namespaceOf } from "../graph/names.ts";
import type { NodeNames } from "../graph/scope.ts";
import { defineNode, type NodeDefinition } from "../node/define.ts";
import type { FakeHandler } from "./types.ts";

type Handlers = Readonly<Record<string, FakeHandler | undefined>>;

/**
 * The nodes that stand in for what the node under test calls: one for each namespace of a service, as a real provider would be.
 *
 * @param names the names of the node under test
 * @param definition its definition
 * @param needs handlers, by its word for the other node and by service
 * @param services handlers, by the service's name
 * @returns definitions, by absolute name
 * @throws DeclarationError when a handler is no function, stands for something that the node does not need, or for a service of its own
 */
export function fakeNodes(
  names: NodeNames,
  definition: NodeDefinition,
  needs: Readonly<Record<string, Handlers | undefined>>,
  services: Handlers,
): Record<string, NodeDefinition> {
  const found = new Map<string, Record<string, FakeHandler>>();
  const enter = (service: string, handler: unknown): void => {
    const node = namespaceOf(service) || "/test"; // a service without a namespace is nobody's in particular
    if (node === names.node) {
      throw new DeclarationError(`${service} is a service of the node under test; a test stands in for what is around it`, {
        node,
        name: service,
      });
    }
    if (typeof handler !== "function") throw new DeclarationError(`what stands in for ${service} is no function`, { node, name: service });
    const handlers = found.get(node) ?? {};
    if (service in handlers) throw new DeclarationError(`two handlers stand in for ${service}`, { node, name: service });
    found.set(node, { ...handlers, [service]: handler as FakeHandler });
  };
  for (const [need, handlers] of Object.entries(needs)) {
    const declared = definition.needs?.[need];
    if (declared === undefined) {
      throw new DeclarationError(`${names.node} does not need ${JSON.stringify(need)}; name the service in \`services\``, {
        node: names.node,
      });
    }
    for (const [service, handler] of Object.entries(handlers ?? {})) {
      if (handler !== undefined) enter(`${names.referred(declared.name)}/${service}`, handler);
    }
  }
  for (const [name, handler] of Object.entries(services)) {
    enter(name[0] === "/" ? checkAbsolute(name, "service") : names.referred(name), handler);
  }
  return Object.fromEntries([...found].map(([node, handlers]) => [node, defineNode({ services: handlers })]));
}
