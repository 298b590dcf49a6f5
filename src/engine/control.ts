import { DeclarationError } from "../errors.ts";
import type { NodeInfo } from "./core/nodes.ts";
import type { Placement } from "../node/placement.ts";

/** What `/engine/move` is asked. */
export interface MoveRequest {
  /** Absolute name of the node. */
  readonly node: string;
  /** Where it is to go. */
  readonly to: Placement;
}

/** What `/engine/nodes` tells of a node. */
export type NodeTold = Omit<NodeInfo, "error">;

/** What is offered of an engine. */
interface Controlled {
  readonly nodes: readonly NodeInfo[];
  move(name: string, placement: Placement): Promise<void>;
  provide(name: string, handler: (input: any) => unknown): unknown;
}

/** Offers what the engine can do as services of the graph, where the config asks for it: any node may call them then. */
export function provideControl(engine: Controlled): void {
  engine.provide("/engine/nodes", (): NodeTold[] => engine.nodes.map(({ error: _, ...told }) => told));
  engine.provide("/engine/move", (request: MoveRequest) => {
    const { node, to } = request ?? {};
    if (typeof node !== "string") {
      throw new DeclarationError("/engine/move is to be given { node, to }: a name, and loop, thread or process");
    }
    return engine.move(node, to);
  });
}
