import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { describe, expect, it, onTestFinished } from "vitest";
import type { EngineConfig } from "pyros";
import { makeKeyFile } from "../../src/host/keys.ts";
import { until } from "../conformance/harness.ts";
import { commandOf, own } from "../conformance/runtimes.ts";

const program = fileURLToPath(new URL("./network-program.ts", import.meta.url));
const tag = String(process.pid % 10_000);
const [here, there] = [`pyros${tag}a`, `pyros${tag}b`];
const subnet = `10.${Math.floor(process.pid / 256) % 256}.${process.pid % 256}`;

function ip(...args: string[]): void {
  const { status, stderr, error } = spawnSync("ip", args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`ip ${args.join(" ")}: ${error?.message ?? stderr}`);
}

/** Two networks with a cable between them: two machines, as far as links can tell. */
function makeNetworks(): void {
  for (const name of [here, there]) ip("netns", "add", name);
  ip("link", "add", `pv${tag}a`, "netns", here, "type", "veth", "peer", "name", `pv${tag}b`, "netns", there);
  for (const [name, link, host] of [[here, `pv${tag}a`, 1], [there, `pv${tag}b`, 2]] as const) {
    ip("-n", name, "addr", "add", `${subnet}.${host}/24`, "dev", link);
    ip("-n", name, "link", "set", link, "up");
    ip("-n", name, "link", "set", "lo", "up");
  }
}

function removeNetworks(): void {
  for (const name of [here, there]) spawnSync("ip", ["netns", "del", name]);
}

function cable(state: "up" | "down"): void {
  ip("-n", there, "link", "set", `pv${tag}b`, state);
}

let why: string | undefined;
try {
  makeNetworks();
} catch (error) {
  why = (error as Error).message;
} finally {
  removeNetworks();
}
// oxlint-disable-next-line no-console
if (why !== undefined) console.log(`skipped: two networks need root and iproute2 (apt-get install iproute2): ${why.trim()}`);

type Answer = { readonly value?: any; readonly code?: string; readonly message?: string };

/** An engine on one of the two machines. */
class Machine {
  readonly child: ChildProcess;
  readonly ready: Promise<void>;
  readonly #answers: Map<number, (answer: Answer) => void> = new Map();
  #calls = 0;

  constructor(network: string, name: string, config: EngineConfig) {
    const how = own === "deno" ? ["run", "-A"] : ["--import", "tsx"];
    const command = ["netns", "exec", network, commandOf(own)!, ...how, program, JSON.stringify(config), name];
    const child = (this.child = spawn("ip", command, { stdio: ["pipe", "pipe", "inherit"] }));
    const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
    onTestFinished(async () => {
      child.stdin.end();
      await ended;
    });
    this.ready = new Promise((resolve, reject) => {
      createInterface({ input: child.stdout }).on("line", (line) => {
        if (line === "ready") return resolve();
        const [id, answer] = JSON.parse(line) as [number, Answer];
        this.#answers.get(id)?.(answer);
      });
      void ended.then(() => reject(new Error(`the engine ${name} has ended`)));
    });
  }

  call(service: string, input: unknown = null): Promise<Answer> {
    const id = ++this.#calls;
    this.child.stdin!.write(`${JSON.stringify([id, service, input])}\n`);
    return new Promise((resolve) => this.#answers.set(id, resolve));
  }
}

describe.skipIf(why !== undefined)("engines on two machines", () => {
  it("join, call and stream; a network that is lost is noticed, and they join again when it comes back", { timeout: 120_000 }, async () => {
    makeNetworks();
    onTestFinished(removeNetworks);
    const path = mkdtempSync(join(tmpdir(), "pyros-test-"));
    onTestFinished(() => rmSync(path, { recursive: true, force: true }));
    const [serverKey, publicKey] = [await makeKeyFile(join(path, "lab.keys")), await makeKeyFile(join(path, "far.keys"))];

    const main = new Machine(here, "Main", {
      listen: `tcp://${subnet}.1:7000`,
      keys: join(path, "lab.keys"),
      allow: [publicKey],
      nodes: {
        "/process": { use: "./nodes/echo.ts", placement: "process" },
        "/thread": { use: "./nodes/echo.ts", placement: "thread" },
      },
    });
    await main.ready;
    const far = new Machine(there, "Far", {
      join: `tcp://${subnet}.1:7000`,
      keys: join(path, "far.keys"),
      serverKey,
      name: "far",
      nodes: { "/far": "./nodes/worker.ts" },
    });
    await far.ready;

    expect(await main.call("/far/double", 21)).toEqual({ value: 42 });
    for (const node of ["/process", "/thread"]) {
      expect(await far.call(`${node}/say`, "there")).toEqual({ value: "there" });
      expect(await main.call(`${node}/ask`, ["/far/double", 4])).toEqual({ value: 8 });
    }
    await far.call("/far/emit", 5);
    await until(async () => (await main.call("/itemsMain")).value === 5);

    const hanging = [main.call("/far/hang"), main.call("/process/ask", ["/far/hang", null]), far.call("/process/hang")];
    await main.call("/far/double", 1);
    cable("down");
    const outcomes = await Promise.all(hanging);
    expect(outcomes.map(({ code }) => code)).toEqual(["PYROS_NODE_LOST", "PYROS_SERVICE", "PYROS_NODE_LOST"]);
    expect(outcomes[1]!.message).toMatch(/was lost|did not answer/); // whichever comes first: the limit of that call is 5 s
    expect((await main.call("/nodesMain")).value).toEqual(["/process", "/thread"]);
    expect((await main.call("/far/double", 1)).code).toBe("PYROS_UNKNOWN_SERVICE");
    expect((await far.call("/setFar", ["/far/gain", 3])).message).toMatch(/is gone.*: no param can be written until it is joined again/);
    expect(await far.call("/far/double", 1)).toEqual({ value: 2 }); // what is here goes on

    cable("up");
    await until(async () => (await main.call("/far/double", 21)).value === 42, 30_000);
    expect((await main.call("/nodesMain")).value).toEqual(["/far", "/process", "/thread"]);
    for (const node of ["/process", "/thread"]) {
      expect(await far.call(`${node}/say`, "again")).toEqual({ value: "again" });
      expect(await main.call(`${node}/ask`, ["/far/double", 4])).toEqual({ value: 8 });
    }
    await far.call("/setFar", ["/far/gain", 3]);
    expect(await main.call("/far/double", 1)).toEqual({ value: 6 });
    await far.call("/far/emit", 5);
    await until(async () => (await main.call("/itemsMain")).value === 10);
  });
});
