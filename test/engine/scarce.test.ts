/** What an engine says, and how it goes on, when the machine has no more of something. */
import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it, onTestFinished } from "vitest";
import { createEngine } from "pyros";
import { rejection } from "../conformance/harness.ts";
import { commandOf, outputOf, own } from "../conformance/runtimes.ts";

const program = fileURLToPath(new URL("./scarce/program.ts", import.meta.url));
const asRoot = process.getuid?.() === 0 ? [] : ["--user", "--map-root-user"];
const unshare = ["unshare", "--mount", ...asRoot];
const mounts = spawnSync(unshare[0]!, [...unshare.slice(1), "sh", "-c", "mount -t tmpfs none /mnt"]).status === 0;
const limits = spawnSync("prlimit", ["--version"]).status === 0;
if (!mounts) console.log("skipped: a disk of one's own needs unshare (util-linux), and root or user namespaces");

/** What the program tells: what was tried, and what came of it. */
async function told(what: string, mount?: string): Promise<[string, unknown][]> {
  const folder = mkdtempSync(join(tmpdir(), "pyros-scarce-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const run = [commandOf(own)!, ...(own === "deno" ? ["run", "-A"] : ["--import", "tsx"]), program, what, folder];
  const mounted = [...unshare, "sh", "-c", `mount -t tmpfs -o ${mount} none ${folder} && exec "$@"`, "sh", ...run];
  const [command, ...args] = mount === undefined ? run : mounted;
  const text = await outputOf(spawn(command!, args, { stdio: ["ignore", "pipe", "ignore"] }));
  return text.trim().split("\n").filter((line) => line.startsWith("[")).map((line) => JSON.parse(line) as [string, unknown]);
}

describe("where something is scarce", () => {
  it.skipIf(!limits)(
    "as file descriptors, what needs one is refused with the reason, and the rest goes on",
    { timeout: 120_000 },
    async () => {
      expect(await told("descriptors")).toEqual([
        ["process", "started"],
        ["thread", "started"],
        ["file", "started"],
        ["process", expect.stringMatching(/^NodeStartError: \/far did not start: .*(too many files open|no file descriptors left)/)],
        ["listen", expect.stringMatching(/^(LinkError|HostError): .*(no file descriptors left|too many files open)/)],
        ["file", expect.stringMatching(/^ParamFileError: .*params\.json cannot be opened: .*(EMFILE|too many open files)/i)],
        ["join", expect.stringMatching(/(no file descriptors left|too many files open)/)],
        ["call", [8, 8]],
        ["process", "started"],
        ["join", "started"],
      ]);
    },
  );

  it.skipIf(!mounts)(
    "as room on the disk, what needs some is refused with the reason, and comes back with it",
    { timeout: 120_000 },
    async () => {
      expect(await told("disk", "size=32m,nr_inodes=3000")).toEqual([
        [
          "set",
          expect.stringMatching(/^ParamFileError: .*params\.json could not be written, so a write is not in it: .*(ENOSPC|no space)/i),
        ],
        ["start", expect.stringMatching(/^NodeStartError: \/far did not start: .*the disk is full/)],
        ["named", expect.stringMatching(/^HostError: .*the disk is full/)],
        ["file", expect.stringMatching(/^ParamFileError: .*other\.json cannot be opened: .*(ENOSPC|no space)/i)],
        ["restart", expect.stringMatching(/could not take part in the graph: .* cannot be made: the disk is full \(ENOSPC\)/)],
        ["call", 8],
        ["get", 1],
        ["call", 8],
        ["set", "written"],
      ]);
    },
  );

  it.skipIf(!mounts)("as a folder that can be written, what needs one is refused with the reason", { timeout: 60_000 }, async () => {
    expect(await told("writable", "ro")).toEqual([
      ["start", expect.stringMatching(/^NodeStartError: \/far did not start: the folder .* cannot be made: nothing can be written there/)],
      ["named", expect.stringMatching(/^HostError: the folder .* cannot be made: nothing can be written there/)],
      ["file", expect.stringMatching(/^ParamFileError: .*params\.json cannot be opened: .*(EROFS|read-only)/i)],
      ["call", 8],
    ]);
  });

  it("as the port, the engine is refused with the reason, and another one takes its place", async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const error = await rejection(createEngine({ listen: address }));
    expect([error.code, error.message]).toEqual([
      "PYROS_LINK",
      expect.stringMatching(`^${address} is taken: another program listens there`),
    ]);
    await new Promise((resolve) => server.close(resolve));
    await (await createEngine({ listen: address })).close();
  });
});
