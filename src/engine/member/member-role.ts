import type { Core } from "../core/core.ts";
import type { Nodes } from "../core/nodes.ts";
import type { SimFollower } from "../sim/sim-follower.ts";
import type { ChildRole } from "./child-role.ts";
import type { GuestRole } from "./guest-role.ts";
import type { NodeRunner } from "./node-runner.ts";

/** An engine's part in a graph that another engine leads: started by that one, or by somebody else. */
export type MemberRole = ChildRole | GuestRole;

/** What it is made of. */
export interface MemberParts {
  readonly core: Core;
  readonly engine: NodeRunner;
  readonly nodes: Nodes;
  /** Follows the main engine's time, where that is simulated. */
  readonly follower: SimFollower | undefined;
}

/** Makes it for an engine; who makes the engine knows which it is, so that no engine loads the code of the other. */
export type MakeMember = (parts: MemberParts) => MemberRole;
