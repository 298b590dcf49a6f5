import { defineNode } from "../../src/mod.ts";
import type { Message } from "../lib/message.ts";

/** Gives back what it is given. */
const echo = defineNode({
  services: {
    echo: (message: Message) => message,
  },
});

export default echo;
