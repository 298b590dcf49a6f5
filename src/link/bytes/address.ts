import { LinkError } from "../../errors.ts";

/** Where a listener waits: a Unix socket or a TCP port. */
export type Address = { readonly kind: "ipc"; readonly path: string } | {
  readonly kind: "tcp";
  readonly host: string;
  readonly port: number;
};

const howto = "write ipc:///path/of/a.sock, or tcp://host:port with * for any port, and IPv6 in brackets";

/** Bytes that the path of a Unix socket may have everywhere, and on Linux: the system's field holds 104, or 108, and ends with a zero. */
const longestPath = 103;
const longestOnLinux = 107;

/**
 * Reads an address.
 *
 * @param text `ipc:///path` or `tcp://host:port`; port 0 or `*` is any free port, host `*` is every interface, IPv6 stands in brackets
 * @throws {LinkError} if it is neither, or if the path is too long for a Unix socket
 */
export function parseAddress(text: string): Address {
  if (text.startsWith("ipc://")) return parsePath(text, text.slice(6));
  const match = /^tcp:\/\/(?:\[([0-9a-fA-F:.]+)\]|([^:/[\]]+)):(\*|\d{1,5})$/.exec(text);
  const port = match?.[3] === "*" ? 0 : Number(match?.[3]);
  if (match === null || port > 65_535) throw new LinkError(`${text} is no address: ${howto}`, { name: text });
  return { kind: "tcp", host: match[1] ?? match[2]!, port };
}

function parsePath(text: string, path: string): Address {
  if (!path.startsWith("/") || path.endsWith("/") || path.includes("\0")) {
    throw new LinkError(`${text} is no address: the path of a socket begins with / and ends with a file name`, { name: text });
  }
  const bytes = new TextEncoder().encode(path).length;
  const room = bytes > longestPath && globalThis.process?.platform === "linux" ? longestOnLinux : longestPath;
  if (bytes > room) {
    throw new LinkError(`${text}: the path has ${bytes} bytes, and a Unix socket has room for ${room}; take a shorter folder`, {
      name: text,
    });
  }
  return { kind: "ipc", path };
}

/** An address as text, as {@link parseAddress} reads it. */
export function formatAddress(address: Address): string {
  if (address.kind === "ipc") return `ipc://${address.path}`;
  return `tcp://${address.host.includes(":") ? `[${address.host}]` : address.host}:${address.port}`;
}

/** An address as another machine can use it, which knows the host by another name: in the place of "every interface". */
export function atHost(text: string, host: string): string {
  const address = parseAddress(text);
  if (address.kind === "ipc" || !isEverywhere(address)) return text;
  return formatAddress({ ...address, host });
}

/** The folder of a Unix socket; undefined for any other address. */
export function folderOf(text: string): string | undefined {
  return text.startsWith("ipc://") ? text.slice(6, text.lastIndexOf("/")) || "/" : undefined;
}

/** Whether it stands for every interface of this machine. */
export function isEverywhere(address: Address): boolean {
  return address.kind === "tcp" && ["*", "0.0.0.0", "::"].includes(address.host);
}

/** Whether only this machine can reach it. A host name other than `localhost` may be anything, and counts as reachable. */
export function isLocal(address: Address): boolean {
  if (address.kind === "ipc") return true;
  return /^(localhost|127(\.\d{1,3}){3}|::1|0:0:0:0:0:0:0:1|::ffff:127(\.\d{1,3}){3})$/i.test(address.host);
}
