import { LinkError } from "../../errors.ts";

/** A reason that names the address, where it does not do so yet. */
export function blame(address: string, reason: Error): Error {
  if (!(reason instanceof LinkError) || reason.subject !== undefined) return reason;
  return new LinkError(`${address}: ${reason.message}`, { name: address, cause: reason });
}
