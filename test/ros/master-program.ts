/** The built-in master in a process of its own, at the port that its argument names, until its standard input ends. */
import { RosMaster } from "../../systems/ros/master/master.ts";

const master = new RosMaster();
await master.open("127.0.0.1", Number(process.argv[2]));
process.stdin.resume().once("end", () => void master.close());
