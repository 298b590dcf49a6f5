// A thread that does what it is told, over the port that it was given, without a connection around it.
import { workerData } from "node:worker_threads";

const { port, deed } = workerData;
port.on("message", (batch) => {
  if (deed === "die") process.exit(3);
  port.postMessage(batch);
});
