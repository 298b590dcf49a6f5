// The entry of threads and processes in tests: it does what its bootstrap says.
/* oxlint-disable unicorn/require-post-message-target-origin */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync, writeSync } from "node:fs";
import { connect, createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { isMainThread } from "node:worker_threads";
import { readBootstrap } from "../../../src/child/bootstrap.ts";
import { makeFolder, makeNamedFolder } from "../../../src/host/folder.ts";
import { importModule } from "../../../src/config/import-module.ts";

const { title, bootstrap } = readBootstrap();
const { deed, value } = bootstrap as { deed: string; value?: any };

const deeds: Record<string, () => unknown> = {
  end: () => {},
  stay: () => void setInterval(() => {}, 1e6),
  echo: () => value.on("message", (message: unknown) => value.postMessage(message)),
  say: () => {
    console.log("ready");
    setInterval(() => {}, 1e6);
  },
  name: async () => {
    console.log(await makeNamedFolder("lab", value).then(() => "made", (error: Error) => error.message));
    setInterval(() => {}, 1e6);
  },
  tell: async () => {
    while (isMainThread && process.title !== title) await sleep(5); // on Deno it comes a little later
    console.log(JSON.stringify({ title, value, processTitle: process.title }));
  },
  exit: () => process.exit(value),
  throw: () => {
    throw new RangeError("too far");
  },
  throwText: () => {
    const text: unknown = "only a text";
    throw text;
  },
  reject: () => void Promise.reject(new TypeError("not caught")),
  later: () =>
    setTimeout(() => {
      throw new RangeError("too late");
    }, 10),
  loop: () => {
    console.log("ready");
    setTimeout(() => {
      for (;;);
    });
  },
  loopOnMessage: () =>
    value.on("message", () => {
      value.postMessage("looping");
      for (;;);
    }),
  spinAtOnce: () => {
    writeSync(1, "ready\n");
    for (;;);
  },
  memory: () => {
    const kept: unknown[] = [];
    for (;;) kept.push(new Array(1000).fill(Math.random()));
  },
  lines: () => {
    process.stdout.write("one\ntwo\r\n\nü");
    process.stderr.write("error\n");
    process.stdout.write(`${"x".repeat(40_000)}\nlast`);
  },
  many: () => {
    for (let i = 0; i < value; i += 1) console.log(`line ${i} ${"x".repeat(100)}`);
  },
  orphan: () => {
    const program = process.execPath;
    const args = "Deno" in globalThis ? ["eval", "setInterval(() => {}, 1e6)"] : ["-e", "setInterval(() => {}, 1e6)"];
    const child = spawn(program, args, { stdio: ["ignore", "inherit", "inherit"], detached: true });
    child.unref();
    console.log(`orphan ${child.pid}`);
    setTimeout(() => process.exit(0), 10);
  },
  input: async () => {
    for await (const piece of process.stdin) console.log(piece);
    console.log("ready");
    process.stdin.destroy();
    setTimeout(() => console.log("still here"), 10);
  },
  where: () => console.log(`${process.cwd()} ${process.env.PYROS_TEST}`),
  socket: async () => {
    const server = createServer().listen(value);
    await once(server, "listening");
    const client = connect(value);
    await once(client, "connect");
    console.log("connected");
    client.destroy();
    server.close();
    try {
      writeFileSync(`${value}/../../pyros-escaped`, "");
    } catch (error) {
      console.log(`refused ${(error as Error).message}`);
    }
  },
  folder: () => {
    console.log(makeFolder(value).path);
    setInterval(() => {}, 1e6);
  },
  user: async () => {
    const module = await importModule(new URL(value.url));
    value.port?.postMessage(module.answer);
    console.log(`answer ${String(module.answer)}`);
  },
};
await deeds[deed]();
