import { bindThread } from "../../lib/bind.ts";
import echo from "../echo.ts";

bindThread();

/** `echo`, in a thread that keeps to a processor. */
export default echo;
