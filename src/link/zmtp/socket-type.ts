/** What a ZeroMQ socket is for; it decides with whom it may talk. */
export type SocketType = "PAIR" | "PUB" | "SUB" | "REQ" | "REP" | "DEALER" | "ROUTER" | "PULL" | "PUSH" | "XPUB" | "XSUB";

/** Who may talk with whom (ZMTP 3.1, Socket-Type property). */
const partners: Readonly<Record<SocketType, readonly SocketType[]>> = {
  PAIR: ["PAIR"],
  PUB: ["SUB", "XSUB"],
  SUB: ["PUB", "XPUB"],
  REQ: ["REP", "ROUTER"],
  REP: ["REQ", "DEALER"],
  DEALER: ["REP", "DEALER", "ROUTER"],
  ROUTER: ["REQ", "DEALER", "ROUTER"],
  PULL: ["PUSH"],
  PUSH: ["PULL"],
  XPUB: ["SUB", "XSUB"],
  XSUB: ["PUB", "XPUB"],
};

/** Whether it is a socket type at all. */
export function isSocketType(text: string): text is SocketType {
  return Object.hasOwn(partners, text);
}

/** The types that one may talk with. */
export function partnersOf(type: SocketType): readonly SocketType[] {
  return partners[type];
}

/** Whether it takes subscriptions. */
export function publishes(type: SocketType): boolean {
  return type === "PUB" || type === "XPUB";
}

/** Whether it tells its identity: to the others it means nothing. */
export function hasIdentity(type: SocketType): boolean {
  return type === "REQ" || type === "DEALER" || type === "ROUTER";
}
