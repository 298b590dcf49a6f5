import { defineNode, from } from "../../src/mod.ts";
import { Arrivals } from "../lib/bursts.ts";
import type { Message } from "../lib/message.ts";

/** Counts what comes from `/source`. */
const sink = defineNode({
  inputs: {
    small: from<Message>("/source/small", { depth: 100_000 }),
    large: from<Uint8Array>("/source/large", { depth: 100 }),
  },
  setup: () => ({ arrivals: new Arrivals() }),
  on: {
    small: (_, { local }) => local.arrivals.came(),
    large: (_, { local }) => local.arrivals.came(),
  },
  services: {
    expect: (count: number, { local }): Promise<void> => local.arrivals.expect(count),
  },
});

export default sink;
