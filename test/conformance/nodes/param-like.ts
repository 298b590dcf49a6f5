import { defineNode, param } from "pyros";

/** Declares the param of `param-other` alike, with another default. */
export default defineNode({ params: { "/shared/limit": param(7, { min: 0, max: 9, description: "the same rule" }) } });
