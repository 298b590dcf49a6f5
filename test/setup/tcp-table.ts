import { readdirSync, readFileSync, readlinkSync } from "node:fs";

/** A TCP socket, as Linux knows it. */
export interface TcpSocket {
  readonly inode: string;
  /** `host:port` */
  readonly local: string;
  readonly remote: string;
  readonly state: "connected" | "listening" | "ending";
  /** Bytes that are on their way: the other end has not said that it has them. */
  readonly unacknowledged: number;
}

/** The TCP sockets of this network (proc_net_tcp.txt of Linux's documentation). */
export function tcpTable(): readonly TcpSocket[] {
  return ["/proc/self/net/tcp", "/proc/self/net/tcp6"].flatMap((table) => readFileSync(table, "utf8").split("\n").slice(1, -1)).map(
    (line) => {
      const [, local, remote, state, queues, , , , , inode] = line.trim().split(/ +/) as string[];
      return {
        inode: inode!,
        local: addressOf(local!),
        remote: addressOf(remote!),
        state: state === "01" ? "connected" : state === "0A" ? "listening" : "ending",
        unacknowledged: parseInt(queues!, 16),
      };
    },
  );
}

/** The sockets that this process holds: TCP ones with what they connect. */
export function ownSockets(): readonly string[] {
  const table = new Map(tcpTable().map((socket) => [socket.inode, socket]));
  return readdirSync("/proc/self/fd").flatMap((fd) => {
    let kind: string;
    try {
      kind = readlinkSync(`/proc/self/fd/${fd}`);
    } catch {
      return []; // it was the one that the folder was read by
    }
    if (!kind.startsWith("socket:")) return [];
    const known = table.get(kind.slice("socket:[".length, -1));
    return [known === undefined ? kind : `${known.state} ${known.local} ${known.remote}`];
  });
}

/** Four bytes in the order of this machine, or the last four of an address of IPv6, which are those of one of IPv4 that is written so. */
function addressOf(text: string): string {
  const [address, port] = text.split(":") as [string, string];
  const bytes = address.slice(-8).match(/../g)!.map((byte) => parseInt(byte, 16)).reverse();
  return `${bytes.join(".")}:${parseInt(port, 16)}`;
}
