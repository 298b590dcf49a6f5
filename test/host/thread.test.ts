import { MessageChannel, type MessagePort } from "node:worker_threads";
import { describe, expect, it } from "vitest";
import { HostError } from "../../src/errors.ts";
import { startProcess } from "../../src/host/process-host.ts";
import { startThread, type ThreadHost, type ThreadOptions } from "../../src/host/thread-host.ts";
import { deeds, kept, Lines, onDeno, presentRuntimes, userModule } from "./support.ts";
import { itWhere } from "../setup/where.ts";

const runtimes = await presentRuntimes();

function start(deed: string, value?: unknown, options: Partial<ThreadOptions> = {}): ThreadHost {
  return kept(startThread({ entry: deeds, title: "a thread", bootstrap: { deed, value }, ...options }));
}

/** What comes from the other end of a port that a thread was given. */
function next(port: MessagePort): Promise<unknown> {
  return new Promise((resolve) => port.once("message", resolve));
}

describe("startThread", () => {
  it("hands the bootstrap over, with what is transferred", async () => {
    const { port1, port2 } = new MessageChannel();
    start("echo", port2, { transfer: [port2] });
    port1.postMessage({ big: 12n, when: new Date(5) });
    expect(await next(port1)).toEqual({ big: 12n, when: new Date(5) });
    port1.close();
  });

  it("tells how a thread ends by itself", async () => {
    expect(await start("end").exited).toEqual({ code: 0, signal: null, reason: "exited with code 0", stuck: false });
    expect(await start("exit", 3).exited).toEqual({ code: 3, signal: null, reason: "exited with code 3", stuck: false });
  });

  it.each([
    ["throw", "failed with RangeError: too far"],
    ["later", "failed with RangeError: too late"],
    ["reject", "failed with TypeError: not caught"],
  ])("tells what was not caught: %s", async (deed, reason) => {
    expect(await start(deed).exited).toEqual({ code: 1, signal: null, reason, stuck: false, error: expect.any(Error) });
  });

  it("tells what was thrown that is no error", async () => {
    expect((await start("throwText").exited).reason).toMatch(/^failed with .*only a text/);
  });

  it("ends one that is idle, or in its beginning, and does it once", async () => {
    const early = start("stay");
    const exit = { code: expect.any(Number), signal: null, reason: "was ended", stuck: false };
    expect(await early.kill()).toEqual(exit);
    const { port1, port2 } = new MessageChannel();
    const host = start("echo", port2, { transfer: [port2] });
    port1.postMessage(1);
    await next(port1);
    const [first, second] = await Promise.all([host.kill(), host.kill()]);
    expect(first).toEqual(exit);
    expect(second).toBe(first);
    expect(await host.kill()).toBe(first);
    port1.close();
  });

  itWhere(!onDeno)("ends one in an endless loop", async () => {
    const lines = new Lines();
    const host = start("loop", undefined, { onLine: lines.hear });
    await lines.has("ready");
    expect(await host.kill()).toEqual({ code: 1, signal: null, reason: "was ended", stuck: false });
  });

  it("tells that memory ran out", async () => {
    const host = start("memory", undefined, { resourceLimits: { maxOldGenerationSizeMb: 24 } });
    expect((await host.exited).reason).toBe("ran out of memory");
  });

  itWhere(!onDeno)("tells output by line, long ones in pieces, and the last one too", async () => {
    const lines = new Lines();
    await start("lines", undefined, { onLine: lines.hear }).exited;
    const x = "x".repeat(16 * 1024);
    expect(lines.all.filter((line) => !line.startsWith("stderr"))).toEqual([
      "one",
      "two",
      "",
      `ü${x.slice(1)}`,
      x,
      "x".repeat(40_001 - 2 * x.length),
      "last",
    ]);
    expect(lines.all).toContain("stderr: error");
  });

  itWhere(!onDeno)("has told all output when the thread has ended", async () => {
    const lines = new Lines();
    await start("many", 10_000, { onLine: lines.hear }).exited;
    expect(lines.all.length).toBe(10_000);
  });

  it("loads TypeScript of users", async () => {
    const { port1, port2 } = new MessageChannel();
    start("user", { url: userModule(), port: port2 }, { transfer: [port2] });
    expect(await next(port1)).toBe(42);
    port1.close();
  });

  it("tells of an entry that is not there", async () => {
    const { reason } = await startThread({ entry: new URL("./modules/nowhere.ts", import.meta.url), title: "x" }).exited;
    expect(reason).toMatch(/^failed with .*nowhere\.ts/);
  });

  it("throws at once where the bootstrap cannot be cloned", () => {
    expect(() => start("end", () => {})).toThrow(HostError);
    expect(() => start("end", () => {})).toThrow(/the thread a thread cannot be started/);
  });

  itWhere(runtimes.includes("deno"))("says of a thread in an endless loop on Deno that it may still be running", async () => {
    const lines = new Lines();
    const entry = new URL("./modules/stuck.ts", import.meta.url);
    const host = kept(await startProcess({ entry, title: "stuck", runtime: "deno", permissions: ["-A"], onLine: lines.hear }));
    expect((await host.exited).reason).toBe("exited with code 5");
    expect(JSON.parse(lines.all.join(""))).toEqual({ code: 1, signal: null, stuck: true, reason: expect.stringMatching(/endless loop/) });
  });
});
