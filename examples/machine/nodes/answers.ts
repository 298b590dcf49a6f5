import { client, defineNode } from "pyros";
import { percent, size } from "../words.ts";
import type alarm from "./alarm.ts";
import type averager from "./averager.ts";
import type { Average, Averages } from "./averager.ts";
import type processes from "./processes.ts";

const say = (what: string, { now, mean, max, detail }: Average) =>
  `${what}: ${percent(now)} in use (mean ${percent(mean)}, at most ${percent(max)}; ${detail})`;

const line = (averages: Averages) =>
  Object.entries(averages).map(([what, { now, mean }]) => `${what} ${percent(now)} (mean ${percent(mean)})`).join(", ") ||
  "nothing measured yet";

export default defineNode({
  description: "Answers questions about the machine.",
  needs: {
    averager: client<typeof averager>("averager"),
    alarm: client<typeof alarm>("alarm"),
    processes: client<typeof processes>("processes"),
  },
  services: {
    /** Answers a question in words: about the cpu, the memory, the disk, the processes, or alarms. */
    async ask(question: string, { needs }) {
      const words = String(question).toLowerCase();
      const about = ["cpu", "memory", "disk"].find((what) => words.includes(what));
      if (/process|who|top/.test(words)) {
        const top = await needs.processes.top({ by: about === "memory" ? "memory" : "cpu" });
        return top.map(({ name, pid, cpu, memory }) => `${name} (${pid}): ${percent(cpu)} of a processor, ${size(memory)}`).join("\n") ||
          "nothing measured yet";
      }
      if (about !== undefined) {
        const average = (await needs.averager.averages())[about];
        return average === undefined ? `the ${about} is not measured yet` : say(about, average);
      }
      if (/alarm|wrong|ok/.test(words)) {
        const raised = await needs.alarm.raised();
        return raised.map(({ what, mean, limit }) => `${what} is at ${percent(mean)}, above ${percent(limit)}`).join("\n") || "all is well";
      }
      throw new RangeError("ask about the cpu, the memory, the disk, the processes (who takes the most?), or whether something is wrong");
    },

    /** All that is known, as data. */
    async report(_: undefined, { needs }) {
      const [averages, alarms, top] = await Promise.all([needs.averager.averages(), needs.alarm.raised(), needs.processes.top()]);
      return { averages, alarms, top };
    },

    /** All that is measured, in one line. */
    line: async (_: undefined, { needs }) => line(await needs.averager.averages()),

    /** Watches for so many seconds: yields a line a second, and returns the highest of each. */
    async *watch(seconds: number, { needs, sleep, signal }) {
      const highest: Record<string, number> = {};
      for (let second = 0; second < seconds && !signal.aborted; second++) {
        await sleep(1000);
        const averages = await needs.averager.averages();
        for (const [what, { now }] of Object.entries(averages)) highest[what] = Math.max(highest[what] ?? 0, now);
        yield line(averages);
      }
      return highest;
    },
  },
});
