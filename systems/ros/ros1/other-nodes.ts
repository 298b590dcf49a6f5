/** What is asked of other nodes before a name is taken. */
import { LinkError, RosError } from "../../../src/errors.ts";
import { callXml } from "../xmlrpc/client.ts";
import { connect } from "./handshake.ts";
import { type Master, unwrap } from "./master.ts";

/**
 * Another node of that name would be ended by the master when this one registers.
 *
 * @param own this node's address
 * @throws RosError when there is one that is alive
 */
export async function checkName(master: Master, name: string, own: string, signal: AbortSignal): Promise<void> {
  let address: unknown;
  try {
    address = await master.call("lookupNode", name);
    if (typeof address !== "string" || address === own) return;
    unwrap(await callXml(address, "getPid", [name], { signal, timeout: 1000 }), "getPid");
  } catch {
    return; // there is none, or it is dead; or the master is away, and will tell
  }
  throw new RosError(`the ROS graph has a node ${name} already, at ${address}: give this bridge another name by its param name`, { name });
}

/** Whether the provider of a service that the master knows can be reached. */
export async function answers(
  master: Master,
  service: string,
  greeting: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    const place = await master.serviceAt(service);
    await connect({ ...place, header: { ...greeting, service, md5sum: "*", probe: "1" } }, signal, ({ stream }) => stream.close());
    return true;
  } catch (error) {
    return !(error instanceof LinkError); // what says no is alive, and what says nothing may be
  }
}
