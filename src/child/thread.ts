/** The program of a thread that runs an engine for some nodes of a graph. */
import type { MessagePort } from "node:worker_threads";
import type { Bootstrap } from "../engine/wire/bootstrap.ts";
import type { Introductions } from "../engine/member/child-role.ts";
import { PortConnection } from "../link/port.ts";
import { readBootstrap } from "./bootstrap.ts";
import { makeMember } from "./member.ts";

interface ThreadBootstrap extends Bootstrap {
  readonly port: MessagePort;
  readonly introductions: MessagePort;
}

/** The main engine hands over ports to other threads. */
const introductionsBy = (port: MessagePort): Introductions => ({
  start(onLink) {
    port.on("message", ({ port }: { port: MessagePort }) => onLink(new PortConnection(port)));
    port.unref();
  },
  close: () => port.close(),
});

const bootstrap = readBootstrap().bootstrap as ThreadBootstrap;
const member = await makeMember(bootstrap);
await member.join(new PortConnection(bootstrap.port), introductionsBy(bootstrap.introductions));
