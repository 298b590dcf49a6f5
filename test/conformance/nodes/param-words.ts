import { defineNode, from } from "pyros";

/** Its words are also properties of every object. */
export default defineNode({
  params: { constructor: 1, toString: "text", valueOf: { hasOwnProperty: true } },
  inputs: { toString: from<number>("/x") },
  on: {},
  services: {
    read: (_: void, { params, get }) => ({
      view: [params.constructor, params.toString],
      got: [get("constructor"), get("hasOwnProperty"), get("valueOf")],
    }),
  },
});
