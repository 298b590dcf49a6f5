import { RosError } from "../../../src/errors.ts";

/** Another node, or the master, has understood what is wanted, and does not want to; or this node does not want it. */
export class Refusal extends RosError {}
