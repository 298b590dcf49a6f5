import { defineNode } from "pyros";

/** The names of the words that nodes use for one another are resolved where the node is. */
export default defineNode({
  services: {
    /** Asks one certain node by a name of this node's namespace. */
    ask({ service, node }: { service: string; node: string }, { call }) {
      return call(service, undefined, { node });
    },
  },
});
