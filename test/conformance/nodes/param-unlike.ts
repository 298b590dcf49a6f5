import { defineNode, param } from "pyros";

/** Declares the param of `param-other` with another rule. */
export default defineNode({ params: { "/shared/limit": param(5, { min: 0, max: 8 }) } });
