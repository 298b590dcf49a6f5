import { defineConfig } from "pyros";

/** Two nodes and a param, to be mounted. */
export default defineConfig({
  params: { speed: 3 },
  nodes: { "/peer": { use: "../nodes/name-probe.ts" }, "/arm/guide": { use: "../nodes/name-probe.ts" } },
});
