import { bindThread } from "../../lib/bind.ts";
import caller from "../caller.ts";

bindThread();

/** `caller`, in a thread that keeps to a processor. */
export default caller;
