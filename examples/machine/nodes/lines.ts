import type { NodeContext } from "pyros";

/** Logs a line as often as its `rate` says: a plain function is a node too. */
export default async function lines({ call, log }: NodeContext): Promise<void> {
  log.info(await call<string>("answers/line"));
}
