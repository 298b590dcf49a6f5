/** The tests' rosbridge server in a process of its own, at the port that its argument names, until its standard input ends. */
import { RosbridgeServer } from "./rosbridge-server.ts";

const server = new RosbridgeServer({ types: [new URL("./types", import.meta.url).pathname] });
await server.open(Number(process.argv[2]));
process.stdin.resume().once("end", () => void server.close());
