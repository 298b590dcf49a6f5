import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { Worker } from "node:worker_threads";
import { afterAll, test } from "vitest";

let server: Server;

test("takes back what it took", async () => {
  clearInterval(setInterval(() => {}, 1e6));
  closeSync(openSync(new URL(import.meta.url), "r"));
  const child = spawn("sleep", ["10"]);
  child.kill();
  await once(child, "close");
  const worker = new Worker("setInterval(() => {}, 1e6)", { eval: true });
  await once(worker, "online");
  await worker.terminate();
  server = createServer();
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
});

afterAll(() => {
  server.close();
});
