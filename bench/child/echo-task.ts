/** What the thread of piscina does. */
import { bindThread } from "../lib/bind.ts";

bindThread();

export default (message: unknown): unknown => message;
