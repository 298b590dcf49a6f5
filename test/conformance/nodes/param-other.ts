import { defineNode, param } from "pyros";

/** Declares a param of `/shared` its own way. */
export default defineNode({
  params: { "/shared/limit": param(5, { min: 0, max: 9 }) },
  services: { limit: (_: void, { params }) => (params as any)["/shared/limit"] },
});
