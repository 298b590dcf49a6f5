/** What the machine says about itself: from /proc where there is one, else from node:os. */
import { readdir, readFile, statfs } from "node:fs/promises";
import os from "node:os";
import { join } from "node:path";

/** A part and the whole that it is a part of: ticks, bytes. */
export interface Share {
  used: number;
  total: number;
}

export interface Process {
  pid: number;
  name: string;
  /** Processor time since its start, in ticks of 10 ms. */
  ticks: number;
  /** Memory in use, in bytes. */
  bytes: number;
}

const tick = 10; // ms: USER_HZ is 100 wherever Linux runs today
const page = 4096; // bytes

/** Processor time since the machine started, all processors together, in ticks. */
export async function readCpu(proc: string): Promise<Share> {
  const text = await readText(join(proc, "stat"));
  if (text === undefined) {
    const times = os.cpus().map(({ times }) => times);
    const total = times.reduce((sum, t) => sum + t.user + t.nice + t.sys + t.idle + t.irq, 0) / tick;
    return { total, used: total - times.reduce((sum, t) => sum + t.idle, 0) / tick };
  }
  // cpu  user nice system idle iowait irq softirq steal
  const ticks = text.split("\n", 1)[0]!.split(/\s+/).slice(1, 9).map(Number);
  const total = ticks.reduce((sum, n) => sum + n, 0);
  return { total, used: total - ticks[3]! - ticks[4]! };
}

/** Memory that is not available, in bytes. */
export async function readMemory(proc: string): Promise<Share> {
  const text = await readText(join(proc, "meminfo"));
  if (text === undefined) return { total: os.totalmem(), used: os.totalmem() - os.freemem() };
  const bytes = (key: string) => Number(new RegExp(`^${key}:\\s+(\\d+)`, "m").exec(text)?.[1] ?? 0) * 1024;
  return { total: bytes("MemTotal"), used: bytes("MemTotal") - bytes("MemAvailable") };
}

/** The disk on which a path lies, in bytes, as `df` counts it: what is kept for root is neither used nor free. */
export async function readDisk(path: string): Promise<Share> {
  const { bsize, blocks, bfree, bavail } = await statfs(path);
  const used = blocks - bfree;
  return { used: used * bsize, total: (used + bavail) * bsize };
}

/** The processes of the machine; without /proc only this one. */
export async function readProcesses(proc: string): Promise<Process[]> {
  const pids = (await readdir(proc).catch(() => [])).filter((name) => /^\d+$/.test(name));
  if (pids.length === 0) {
    const { user, system } = process.cpuUsage();
    return [{ pid: process.pid, name: process.title, ticks: (user + system) / 1000 / tick, bytes: process.memoryUsage().rss }];
  }
  const stats = await Promise.all(pids.map((pid) => readText(join(proc, pid, "stat"))));
  return stats.flatMap((stat) => (stat === undefined ? [] : [parseProcess(stat)])); // it may have ended meanwhile
}

/** `pid (name) state ppid …`: the name may hold spaces and parentheses. */
export function parseProcess(stat: string): Process {
  const open = stat.indexOf("(");
  const close = stat.lastIndexOf(")");
  const fields = stat.slice(close + 2).split(" ").map(Number);
  return {
    pid: Number(stat.slice(0, open)),
    name: stat.slice(open + 1, close),
    ticks: fields[11]! + fields[12]!,
    bytes: fields[21]! * page,
  };
}

async function readText(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch {
    return undefined;
  }
}
