import type { PeerCalls } from "./peer-calls.ts";
import type { PeerStreams } from "./peer-streams.ts";
import type { Peer } from "./peer.ts";
import type { RemoteTarget } from "./remote-target.ts";

/** Another engine, and what of the graph is there. */
export interface Remote {
  readonly peer: Peer;
  readonly calls: PeerCalls;
  readonly streams: PeerStreams;
  /** The services that it provides, by their numbers there. */
  readonly targets: Map<number, RemoteTarget>;
}
