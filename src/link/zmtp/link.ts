import type { Link } from "../connection.ts";
import { connectZmtp } from "./connect.ts";
import { listenZmtp } from "./listen.ts";

/** ZMTP as a link between processes. */
export const zmtp: Link = { connect: connectZmtp, listen: listenZmtp };
