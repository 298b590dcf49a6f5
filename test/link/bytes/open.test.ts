import { spawn } from "node:child_process";
import { chmodSync, mkdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import { fileURLToPath } from "node:url";
import { describe, expect, it, onTestFinished } from "vitest";
import { LinkError } from "../../../src/errors.ts";
import { connectBytes } from "../../../src/link/bytes/open.ts";
import { until } from "../../conformance/harness.ts";
import { outputOf, own } from "../../conformance/runtimes.ts";
import { connect, folder, freshAddress, listen } from "./support.ts";
import { asNobody } from "../../setup/where.ts";

const never = new AbortController().signal;
const refusal = async (promise: Promise<unknown>): Promise<LinkError> => {
  const error: unknown = await promise.then(() => expect.fail("it should have been refused"), (error: unknown) => error);
  expect(error).toBeInstanceOf(LinkError);
  return error as LinkError;
};

const kinds = [["ipc", {}], ["tcp", {}], ["tcp", { keepAlive: true }]] as const;

describe.each(kinds)("byte streams over %s %o", (kind, options) => {
  it("carry bytes both ways, in order, whatever the sizes", async () => {
    const { listener, guests } = await listen(freshAddress(kind), options);
    const here = await connect(listener.address, options);
    const sizes = [1, 0, 16_383, 16_384, 3, 70_000, 4_000_000, 2];
    const sent = sizes.map((size, i) => new Uint8Array(size).fill(i + 1));
    for (const chunk of sent) here.stream.write(chunk);
    const total = sizes.reduce((sum, size) => sum + size, 0);
    await until(() => guests[0]?.size === total);
    expect(Buffer.compare(Buffer.concat(guests[0]!.chunks), Buffer.concat(sent))).toBe(0);
    for (const chunk of sent) guests[0]!.stream.write(chunk);
    await until(() => here.size === total);
    expect(Buffer.compare(Buffer.concat(here.chunks), Buffer.concat(sent))).toBe(0);
  });

  it("end at both sides, without a reason, after all has been carried", async () => {
    const { listener, guests } = await listen(freshAddress(kind), options);
    const here = await connect(listener.address, options);
    here.stream.write(new Uint8Array(3_000_000));
    here.stream.close();
    await until(() => here.closed && guests[0]?.closed);
    expect(guests[0]!.size).toBe(3_000_000);
    expect([here.closed, guests[0]!.closed]).toEqual([{ reason: undefined }, { reason: undefined }]);
  });

  it("end by themselves when the peer takes nothing for 2 s after close()", async () => {
    const sockets: Socket[] = [];
    const deaf = createServer((socket) => sockets.push(socket.pause()));
    const address = freshAddress(kind);
    await new Promise<void>((resolve) => kind === "ipc" ? deaf.listen(address.slice(6), resolve) : deaf.listen(0, "127.0.0.1", resolve));
    const bound = deaf.address();
    const here = await connect(typeof bound === "string" ? `ipc://${bound}` : `tcp://127.0.0.1:${bound!.port}`, options);
    here.stream.write(new Uint8Array(20_000_000));
    here.stream.close();
    const before = performance.now();
    await until(() => here.closed);
    expect(performance.now() - before).toBeGreaterThan(1_500);
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => deaf.close(resolve));
  });

  it("are refused with a reason when nobody listens", async () => {
    const { listener } = await listen(freshAddress(kind), options);
    await listener.close();
    const error = await refusal(connectBytes(listener.address, () => {}, never, options));
    expect(error.message).toMatch(kind === "ipc" ? /is not there: .*\(ENOENT\)/ : /is refused: nobody listens there.*\(ECONNREFUSED\)/);
    expect(error.subject).toBe(listener.address);
  });

  it("are given up when the signal says so", async () => {
    const abort = new AbortController();
    abort.abort(new Error("enough"));
    await expect(connectBytes("tcp://127.0.0.1:9", () => {}, abort.signal, options)).rejects.toThrow("enough");
    const { listener } = await listen(freshAddress(kind), options);
    const later = new AbortController();
    const connecting = connectBytes(listener.address, () => expect.fail("it was called off"), later.signal, options);
    later.abort(new Error("changed my mind"));
    await expect(connecting).rejects.toThrow("changed my mind");
  });

  it("cannot listen where somebody does, who stays", async () => {
    const { listener, guests } = await listen(freshAddress(kind), options);
    const error = await refusal(listen(listener.address, options));
    expect(error.message).toMatch(/is taken: another program listens there.*\(EADDRINUSE\)/);
    await connect(listener.address, options);
    await until(() => guests.some((guest) => guest.closed === undefined));
  });

  it("say that no file descriptors are left, and go on when there are some again", async () => {
    const program = fileURLToPath(new URL("./no-descriptors.ts", import.meta.url));
    const how = own === "deno" ? "run -A" : "--import tsx";
    // As one text: Deno's spawn changes arguments that look like a call of itself.
    const command = `ulimit -n 64; exec "${process.execPath}" ${how} "${program}" "${freshAddress(kind)}" '${JSON.stringify(options)}'`;
    const child = spawn("sh", ["-c", command], { stdio: ["ignore", "pipe", "inherit"] });
    expect(await outputOf(child)).toMatch(/no file descriptors left.*\(EMFILE\)\nagain\n/);
  });
});

describe("Unix sockets", () => {
  it("are for this user only", async () => {
    const { listener } = await listen(freshAddress("ipc"));
    expect(statSync(listener.address.slice(6)).mode & 0o777).toBe(0o600);
  });

  it("are gone after close()", async () => {
    const { listener } = await listen(freshAddress("ipc"));
    await listener.close();
    await until(() => statSync(listener.address.slice(6), { throwIfNoEntry: false }) === undefined);
  });

  it("replace a file that a listener has left behind", async () => {
    const address = freshAddress("ipc");
    // A process that is killed leaves its socket.
    const program = `require("node:net").createServer().listen(process.argv[1], () => process.kill(process.pid, "SIGKILL"))`;
    const args = own === "deno"
      ? [
        "eval",
        `import { createRequire } from "node:module"; const require = createRequire("file:///");
      require("node:net").createServer().listen(${JSON.stringify(address.slice(6))}, () => Deno.kill(Deno.pid, "SIGKILL"))`,
      ]
      : ["-e", program, address.slice(6)];
    const child = spawn(process.execPath, args, { stdio: "ignore" });
    await new Promise((resolve) => child.once("exit", resolve));
    expect(statSync(address.slice(6)).isSocket()).toBe(true);
    const { listener, guests } = await listen(address);
    await connect(listener.address);
    await until(() => guests.length === 1);
  });

  it("leave a file that is no socket alone", async () => {
    const path = `${folder()}/precious`;
    writeFileSync(path, "data");
    expect((await refusal(listen(`ipc://${path}`))).message).toMatch(/is a file, and not a socket; it was left alone/);
    expect(statSync(path).size).toBe(4);
  });

  it("need a folder that is there", async () => {
    expect((await refusal(listen(`ipc://${folder()}/none/a.sock`))).message).toMatch(/is not there: .*make the folder/);
  });

  it("need a folder that this user may write to", async () => {
    const path = folder();
    chmodSync(path, 0o755); // everybody may go in
    mkdirSync(`${path}/shut`, { mode: 0o555 });
    onTestFinished(() => rmSync(`${path}/shut`, { recursive: true }));
    expect((await asNobody(() => refusal(listen(`ipc://${path}/shut/a.sock`)))).message).toMatch(/is not allowed/);
  });
});

describe("TCP", () => {
  it("tells the port that it got, also with IPv6", async () => {
    expect((await listen("tcp://127.0.0.1:0")).listener.address).toMatch(/^tcp:\/\/127\.0\.0\.1:[1-9]\d+$/);
    const { listener, guests } = await listen("tcp://[::1]:*");
    expect(listener.address).toMatch(/^tcp:\/\/\[::1\]:[1-9]\d+$/);
    await connect(listener.address);
    await until(() => guests.length === 1);
  });

  it("says when an address is none of this machine, or a name is not known", async () => {
    expect((await refusal(listen("tcp://192.0.2.1:0"))).message).toMatch(/is no address of this machine/);
    expect((await refusal(connectBytes("tcp://no-such-host.invalid:1", () => {}, never))).message).toMatch(/not known|failed: /);
  });
});
