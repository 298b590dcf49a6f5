import { hostname } from "node:os";

/** Where a bridge is in the network, from its params and, where they say nothing, from what ROS has users set. */
export interface Addresses {
  /** `http://host:port/` of the master. */
  readonly master: string;
  /** The name or address under which others reach this machine. */
  readonly host: string;
  /** The interface to listen at, or `*`. */
  readonly listen: string;
  /** The origin of what comes from that ROS graph: the same for all bridges to it. */
  readonly origin: string;
}

const local = /^(localhost|127(\.\d{1,3}){3}|::1)$/i;

/**
 * Decides on addresses.
 *
 * @param given by params; empty for what the environment says: `ROS_MASTER_URI`, `ROS_HOSTNAME`, `ROS_IP`
 */
export function addressesOf(given: { readonly master: string; readonly host: string }): Addresses {
  const { ROS_MASTER_URI, ROS_HOSTNAME, ROS_IP } = process.env;
  const text = given.master || ROS_MASTER_URI || "http://localhost:11311";
  const master = text.endsWith("/") ? text : `${text}/`;
  const [, masterHost = "", rest = ""] = /^http:\/\/(\[[^\]]*\]|[^:/]*)(.*)$/.exec(master) ?? [];
  const isLocal = local.test(masterHost.replace(/^\[|\]$/g, ""));
  const host = given.host || ROS_HOSTNAME || ROS_IP || (isLocal ? "127.0.0.1" : hostname());
  return {
    master,
    host,
    listen: local.test(host) ? (host === "localhost" ? "127.0.0.1" : host) : "*",
    origin: `ros:${isLocal ? "local" : masterHost}${rest}`,
  };
}
