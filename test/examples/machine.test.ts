import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createEngine, ServiceError } from "pyros";
import { testNode } from "pyros/test";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import alarm from "../../examples/machine/nodes/alarm.ts";
import answers from "../../examples/machine/nodes/answers.ts";
import averager, { type Average } from "../../examples/machine/nodes/averager.ts";
import gauge from "../../examples/machine/nodes/gauge.ts";
import lines from "../../examples/machine/nodes/lines.ts";
import processes from "../../examples/machine/nodes/processes.ts";
import { parseProcess, readCpu, readMemory, readProcesses } from "../../examples/machine/read.ts";
import { size } from "../../examples/machine/words.ts";

const config = new URL("../../examples/machine/pyros.config.yaml", import.meta.url);
const average = (mean: number): Average => ({ now: mean, mean, max: mean, detail: "2 processors" });

let proc: string;
const cpuTicks = (user: number, idle: number) => writeFile(join(proc, "stat"), `cpu  ${user} 0 0 ${idle} 0 0 0 0 0 0\ncpu0 1 2 3\n`);
const processTicks = async (pid: number, name: string, ticks: number, pages: number) => {
  await mkdir(join(proc, String(pid)), { recursive: true });
  const before = Array.from({ length: 10 }, () => 0).join(" ");
  await writeFile(join(proc, String(pid), "stat"), `${pid} (${name}) S ${before} ${ticks} 0 0 0 20 0 1 0 100 1000 ${pages} 0 0\n`);
};

beforeAll(async () => {
  proc = await mkdtemp(join(tmpdir(), "pyros-machine-"));
  await writeFile(join(proc, "meminfo"), "MemTotal:        1000 kB\nMemFree:          100 kB\nMemAvailable:     250 kB\n");
});
afterAll(() => rm(proc, { recursive: true }));

describe("gauge", () => {
  test("measures the processors between two updates", async () => {
    await cpuTicks(100, 100);
    await using node = await testNode(gauge, { name: "/cpu", params: { proc } });
    await node.step();
    expect(node.emitted["/load"]).toEqual([]); // nothing to compare with yet
    await cpuTicks(130, 170);
    await node.step();
    await node.step(); // no tick has passed
    expect(node.emitted["/load"]).toEqual([{ what: "cpu", used: 0.3, detail: expect.stringContaining("processors") }]);
  });

  test("measures memory and disk", async () => {
    await using memory = await testNode(gauge, { params: { of: "memory", proc } });
    await memory.step();
    expect(memory.emitted["/load"]).toEqual([{ what: "memory", used: 0.75, detail: "768 kB of 1.0 MB" }]);
    await using disk = await testNode(gauge, { params: { of: "disk", path: proc } });
    await disk.step();
    const [load] = disk.emitted["/load"];
    expect(load!.used).toBeGreaterThanOrEqual(0);
    expect(load!.used).toBeLessThanOrEqual(1);
  });

  test("fails when there is no such path, and refuses to measure something else", async () => {
    await using node = await testNode(gauge, { params: { of: "disk", path: join(proc, "missing") } });
    await expect(node.set({ of: "time" })).rejects.toThrow("cpu");
    await expect(node.step()).rejects.toThrow("ENOENT");
  });
});

test("processes tells which processes take the most", async () => {
  await processTicks(10, "quiet", 5, 1000);
  await processTicks(11, "busy (really)", 100, 10);
  await using node = await testNode(processes, { params: { proc } });
  await node.step();
  await processTicks(11, "busy (really)", 150, 10);
  await node.step();
  expect(node.emitted.count).toEqual([2, 2]);
  expect(await node.call.top({ count: 1 })).toEqual([{ pid: 11, name: "busy (really)", cpu: 0.5, memory: 40_960 }]);
  expect(await node.call.top({ by: "memory" })).toMatchObject([{ name: "quiet" }, { name: "busy (really)" }]);
  await expect(node.call.top({ by: "size" as never })).rejects.toThrow("by is size; it must be cpu or memory");
});

test("averager keeps what lies within its window", async () => {
  await using node = await testNode(averager, { params: { window: 10 } });
  node.inputs.load.emit({ what: "cpu", used: 0.9, detail: "" });
  await node.run({ seconds: 8 });
  node.inputs.load.emit({ what: "cpu", used: 0.1, detail: "" });
  await node.run({ seconds: 1 });
  expect(node.emitted.averages.at(-1)).toEqual({ cpu: { now: 0.1, mean: 0.5, max: 0.9, detail: "" } });
  await node.run({ seconds: 2 });
  node.inputs.load.emit({ what: "cpu", used: 0.3, detail: "" });
  expect(await node.call.averages()).toEqual({ cpu: { now: 0.3, mean: 0.2, max: 0.3, detail: "" } });
});

test("alarm is raised above the limit, and ends a little below it", async () => {
  await using node = await testNode(alarm, { params: { cpu: 0.5, slack: 0.1 } });
  for (const mean of [0.4, 0.6, 0.45, 0.39, 0.45]) node.inputs.averages.emit({ cpu: average(mean) });
  await node.step();
  expect(node.emitted.alarms).toEqual([
    { what: "cpu", raised: true, mean: 0.6, limit: 0.5 },
    { what: "cpu", raised: false, mean: 0.39, limit: 0.5 },
  ]);
  await node.set({ cpu: 0.2 });
  node.inputs.averages.emit({ cpu: average(0.3) });
  expect(await node.call.raised()).toEqual([{ what: "cpu", raised: true, mean: 0.3, limit: 0.2 }]);
});

describe("answers", () => {
  const needs = {
    averager: { averages: () => ({ cpu: average(0.25) }) },
    alarm: { raised: () => [{ what: "cpu", raised: true, mean: 0.95, limit: 0.9 }] },
    processes: { top: () => [{ pid: 7, name: "busy", cpu: 1.5, memory: 2_500_000 }] },
  };

  test("ask() answers in words", async () => {
    await using node = await testNode(answers, { needs });
    expect(await node.call.ask("How is the CPU?")).toBe("cpu: 25 % in use (mean 25 %, at most 25 %; 2 processors)");
    expect(await node.call.ask("and the disk?")).toBe("the disk is not measured yet");
    expect(await node.call.ask("who takes the most memory?")).toBe("busy (7): 150 % of a processor, 2.5 MB");
    expect(await node.call.ask("anything wrong?")).toBe("cpu is at 95 %, above 90 %");
    await expect(node.call.ask("what is love?")).rejects.toThrow("ask about the cpu");
    expect(node.calls.map(({ service, input }) => [service, input])).toEqual([
      ["/averager/averages", undefined],
      ["/averager/averages", undefined],
      ["/processes/top", { by: "memory" }],
      ["/alarm/raised", undefined],
    ]);
  });

  test("report() has all that is known", async () => {
    await using node = await testNode(answers, { needs });
    expect(await node.call.report()).toEqual({
      averages: { cpu: average(0.25) },
      alarms: needs.alarm.raised(),
      top: needs.processes.top(),
    });
  });

  test("watch() yields a line a second, and returns the highest", async () => {
    let now = 0;
    await using node = await testNode(answers, { needs: { averager: { averages: () => ({ cpu: average([0.1, 0.9, 0.2][now++]!) }) } } });
    const watch = node.call.watch(3);
    expect(await node.until(watch)).toEqual({ cpu: 0.9 });
    expect(node.time).toBe(3000);
    const progress: string[] = [];
    for await (const line of watch) progress.push(line);
    expect(progress).toEqual(["cpu 10 % (mean 10 %)", "cpu 90 % (mean 90 %)", "cpu 20 % (mean 20 %)"]);
  });

  test("without the other nodes, the caller is told", async () => {
    await using node = await testNode(answers);
    await expect(node.call.line()).rejects.toThrow(ServiceError);
  });
});

test("lines asks for a line", async () => {
  await using node = await testNode(lines, { rate: 1, services: { "answers/line": () => "cpu 10 %" } });
  await node.step(2);
  expect(node.calls.map(({ result }) => result)).toEqual(["cpu 10 %", "cpu 10 %"]);
});

describe("read", () => {
  test("reads this machine, and manages without /proc", async () => {
    for (const place of ["/proc", join(proc, "missing")]) {
      for (const { used, total } of [await readCpu(place), await readMemory(place)]) {
        expect(used).toBeGreaterThan(0);
        expect(used).toBeLessThan(total);
      }
      expect((await readProcesses(place)).map(({ pid }) => pid)).toContain(process.pid);
    }
  });

  test("parseProcess takes any name", () => {
    expect(parseProcess("12 (a) b (c)) S 1 1 1 0 -1 0 0 0 0 0 30 12 0 0 20 0 1 0 100 1000 3 9")).toEqual({
      pid: 12,
      name: "a) b (c)",
      ticks: 42,
      bytes: 12_288,
    });
  });

  test("size tells bytes in a unit that fits", () => {
    expect([0, 999, 1500, 2.5e6, 3e9, 4e15].map(size)).toEqual(["0 B", "999 B", "2 kB", "2.5 MB", "3.0 GB", "4000.0 TB"]);
  });
});

test("the config runs on this machine, and answers", async () => {
  await using engine = await createEngine(config);
  const machine = engine.client<typeof answers>("/answers");
  const seen = new Set<string>();
  for await (const { what } of engine.stream<{ what: string }>("/load")) if (seen.add(what).size === 3) break;
  const { averages } = await machine.report();
  expect(Object.keys(averages).toSorted()).toEqual(["cpu", "disk", "memory"]);
  expect(await machine.ask("disk")).toMatch(/^disk: \d+ % in use .* on \/\)$/);
  const watch = machine.watch(60);
  for await (const line of watch) {
    expect(line).toContain("memory");
    break; // leaving the loop ends the watch
  }
  await expect(watch).rejects.toThrow("stopped reading");
  expect(engine.nodes.map(({ name, status }) => [name, status])).toEqual(
    ["alarm", "answers", "averager", "cpu", "disk", "lines", "memory", "processes"].map((name) => [`/${name}`, "running"]),
  );
});
