import { spawn } from "node:child_process";
import { openSync } from "node:fs";
import { createServer } from "node:net";
import { Worker } from "node:worker_threads";
import { test } from "vitest";

test("leaves a timer", () => {
  setTimeout(() => {}, 1e6);
});
test("leaves a timer that does not keep the process alive", () => {
  setInterval(() => {}, 1e6).unref();
});
test("leaves a file", () => {
  openSync(new URL(import.meta.url), "r");
});
test("leaves a server", async () => {
  const server = createServer();
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
});
test("leaves a child process", () => {
  spawn("sleep", ["10"]);
});
test("leaves a worker thread", async () => {
  const worker = new Worker("setInterval(() => {}, 1e6)", { eval: true });
  await new Promise((online) => worker.once("online", online));
});
test("leaves a signal handler", () => {
  process.on("SIGUSR2", () => {});
});
