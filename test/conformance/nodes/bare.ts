import { defineNode } from "pyros";

let made = 0;
let freed = 0;

/** Its `setup` makes nothing, and its `dispose` has to run all the same. */
export default defineNode({
  setup() {
    made++;
  },
  services: { counts: () => ({ made, freed }) },
  dispose() {
    freed++;
  },
});
