import { defineNode } from "pyros";

/** Uses a millisecond of each frame. */
export default defineNode({
  update() {
    const end = performance.now() + 1;
    while (performance.now() < end);
  },
});
