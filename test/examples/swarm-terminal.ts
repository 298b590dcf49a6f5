/** Takes over the terminal and ends in the way that the argument says: a program for the tests of the swarm's display. */
import process from "node:process";
import { type Keys, Terminal } from "../../examples/swarm/display/terminal.ts";

const terminal = new Terminal(() => {}, process.stdout, process.stdin as Keys);
terminal.draw("a picture");
if (process.argv[2] === "throw") {
  setTimeout(() => {
    throw new Error("on purpose");
  }, 10);
} else if (process.argv[2] === "exit") setTimeout(() => process.exit(3), 10);
else terminal.close();
