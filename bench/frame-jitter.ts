import type { Budget, Figure, Figures, Question } from "./lib/question.ts";
import { output, script } from "./lib/runtime.ts";
import { figure, quantile } from "./lib/stats.ts";

const rate = 60;

/** Frames at the beginning that run cold code and do not count. */
const warmUp = rate;

/** Lateness of frames in ms: how long after its due time each began, where the earliest of all says when they are due. */
function lateness(began: [number, number][]): number[] {
  const offsets = began.slice(warmUp).map(([frame, ms]) => ms - (frame * 1000) / rate);
  const earliest = Math.min(...offsets);
  return offsets.map((offset) => offset - earliest);
}

async function run(name: string, frames: number): Promise<number[]> {
  return lateness(JSON.parse(await output(script(`child/${name}`), [String(rate), String(frames), "1000"])));
}

/** Both loops run at the same time, so that the machine does the same to them; the middle one of several runs counts. */
async function measure({ quick }: Budget): Promise<Record<string, Figures>> {
  const frames = warmUp + rate * (quick ? 2 : 8);
  const us: number[][] = [];
  const bare: number[][] = [];
  for (let round = 0; round < (quick ? 1 : 3); round++) {
    const [ours, floor] = await Promise.all([run("jitter-pyros", frames), run("jitter-bare", frames)]);
    us.push(ours);
    bare.push(floor);
  }
  const at = (runs: number[][], share: number): Figure => figure(runs.map((run) => quantile(run, share)));
  const figures = (share: number): Figures => ({ us: at(us, share), floor: at(bare, share), peers: {} });
  return { p50: figures(0.5), p99: figures(0.99) };
}

export const question: Question = {
  id: "frame-jitter",
  question: `how late frames begin: ${rate} Hz, 1,000 nodes`,
  unit: "ms",
  better: "lower",
  floor: "a bare setTimeout loop of the same rate that corrects its drift",
  variants: [
    { name: "p50" },
    {
      name: "p99",
      must: { atMost: { floor: 1.5 } },
      aim: { atMost: { floor: 1 } },
    },
  ],
  together: true,
  once: true,
  measure: (_, budget) => measure(budget),
};
