import { makeKeyFile } from "../host/keys.ts";
import type { Verb } from "./verb.ts";

const usual = "pyros.keys";

/** `pyros keys`: makes a pair of keys for links over a network. */
export const keys: Verb = {
  name: "keys",
  about: `Make a file with a pair of keys, ${usual} by default, and print the public one.`,
  words: ["[file]"],
  options: {},
  async run({ words: [file] }) {
    console.log(await makeKeyFile(file ?? usual));
    return 0;
  },
};
