import { NodeStartError } from "../errors.ts";
import { type NodeDefinition, toNodeDefinition } from "../node/define.ts";
import { importModule } from "./import-module.ts";

/**
 * Finds the definition of a node in its module.
 *
 * @param module its address, a `file:` URL
 * @param fresh whether to load it anew, with every file that it imports by a relative path
 * @throws NodeStartError when it exports no node by default; what the import throws
 */
export async function loadNode(module: string, fresh = false): Promise<NodeDefinition> {
  const { default: value } = await importModule(new URL(module), fresh);
  const definition = toNodeDefinition(value);
  if (definition === undefined) throw new NodeStartError(`${module} exports no node by default`);
  return definition;
}
