import type { LinkLimits } from "../../link/connection.ts";

/** Limits of a link within a graph: a message may hold what the loop would carry, and a busy machine may take its time. */
export const linkLimits: LinkLimits = { maxMessage: 2 ** 30, maxParts: 65_536, handshakeTimeout: 30_000 };

/** Links that may lead to other machines end when nothing has come over them for 5 s: no system tells at once that a cable is out. */
export const farHeartbeat: { readonly interval: number; readonly timeout: number } = { interval: 1000, timeout: 5000 };
