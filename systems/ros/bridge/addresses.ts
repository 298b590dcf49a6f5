import { hostname } from "node:os";
import { RosError } from "../../../src/errors.ts";

/** Where a bridge is in the network, from its params and, where they say nothing, from what ROS has users set. */
export interface Addresses {
  /** Whether the address is that of a master of ROS 1, or of a rosbridge server. */
  readonly kind: "ros1" | "rosbridge";
  /** `http://host:port/` of the master, or `ws://host:port/` of the server. */
  readonly master: string;
  /** The name or address under which others reach this machine. */
  readonly host: string;
  /** The interface to listen at, or `*`. */
  readonly listen: string;
  /** The origin of what comes from that ROS graph: the same for all bridges to it by the same way. */
  readonly origin: string;
}

const local = /^(localhost|127(\.\d{1,3}){3}|::1)$/i;

/**
 * Decides on addresses.
 *
 * @param given by params; empty for what the environment says: `ROS_MASTER_URI`, `ROS_HOSTNAME`, `ROS_IP`
 * @throws RosError when the master's is none
 */
export function addressesOf(given: { readonly master: string; readonly host: string }): Addresses {
  const { ROS_MASTER_URI, ROS_HOSTNAME, ROS_IP } = process.env;
  const text = given.master || ROS_MASTER_URI || "http://localhost:11311";
  const kind = kindOf(text);
  const master = text.endsWith("/") || kind === "rosbridge" ? text : `${text}/`;
  const [, masterHost = "", rest = ""] = /^\w+:\/\/(\[[^\]]*\]|[^:/]*)(.*)$/.exec(master) ?? [];
  const isLocal = local.test(masterHost.replace(/^\[|\]$/g, ""));
  const host = given.host || ROS_HOSTNAME || ROS_IP || (isLocal ? "127.0.0.1" : hostname());
  return {
    kind,
    master,
    host,
    listen: local.test(host) ? (host === "localhost" ? "127.0.0.1" : host) : "*",
    origin: `${kind === "ros1" ? "ros" : "rosbridge"}:${isLocal ? "local" : masterHost}${kind === "ros1" ? rest : rest.replace(/\/$/, "")}`,
  };
}

/** @throws RosError when an address is neither of a master nor of a rosbridge server */
function kindOf(address: string): Addresses["kind"] {
  let url: URL | undefined;
  try {
    url = new URL(address);
  } catch {
    // told below
  }
  if (url !== undefined && url.username + url.password !== "") {
    throw new RosError("the param master has a user or a password in it, which would be seen in the log; leave them out", {
      name: "master",
    });
  }
  if (url?.protocol === "http:") return "ros1";
  if (url?.protocol === "ws:" || url?.protocol === "wss:") return "rosbridge";
  throw new RosError(
    `the param master must be http://host:port of a ROS 1 master, or ws://host:port or wss://host:port of a rosbridge server, not ${
      JSON.stringify(address.slice(0, 200))
    }`,
    { name: "master" },
  );
}
