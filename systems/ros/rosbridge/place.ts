import type { Rosapi } from "./rosapi.ts";
import type { Session } from "./session.ts";
import type { Types } from "./types.ts";

/** A server, while one connection to it lasts. */
export interface Place {
  /** Its address. */
  readonly address: string;
  readonly session: Session;
  readonly rosapi: Rosapi;
  readonly types: Types;
  /** Whether it answers what the graph has. */
  hasRosapi: boolean;
}
