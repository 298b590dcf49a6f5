import { defineNode } from "pyros";

/** One of several nodes that provide `/pool/work`. */
export default defineNode({
  services: {
    "/pool/work"(_: unknown, { name }) {
      return name;
    },
    async "/pool/wait"(ms: number, { name, sleep }) {
      await sleep(ms);
      return name;
    },
  },
});
