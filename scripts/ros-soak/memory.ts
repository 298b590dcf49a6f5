import type { Sample } from "./actor.ts";

const warmUp = 0.3; // share of the samples that come before things have their size
const mostSlope = { heapUsed: 0.5, rss: 2 }; // MB a minute that may be noise in a long run
const mostGrown = { heapUsed: 12, rss: 60 }; // MB
const few = 10; // samples that say nothing of a slope

/** Watches how the memory of an engine goes. */
export class Memory {
  readonly #samples: { readonly at: number; readonly heapUsed: number; readonly rss: number }[] = [];

  note({ heapUsed, rss }: Sample): void {
    this.#samples.push({ at: performance.now() / 60_000, heapUsed, rss });
  }

  /** MB in the beginning, after warming up, and in the end, and MB a minute from there. */
  get result(): Record<"heapUsed" | "rss", { warm: number; end: number; most: number; slope: number }> {
    return { heapUsed: this.#of("heapUsed"), rss: this.#of("rss") };
  }

  get problems(): string[] {
    if (this.#warm.length < few) return [];
    return (["heapUsed", "rss"] as const).flatMap((what) => {
      const { warm, end, slope } = this.#of(what);
      return slope > mostSlope[what] && end - warm > mostGrown[what]
        ? [`${what} has grown from ${warm} to ${end} MB, by ${slope} MB a minute`]
        : [];
    });
  }

  get #warm(): readonly { readonly at: number; readonly heapUsed: number; readonly rss: number }[] {
    return this.#samples.slice(Math.floor(this.#samples.length * warmUp));
  }

  #of(what: "heapUsed" | "rss"): { warm: number; end: number; most: number; slope: number } {
    const warm = this.#warm;
    const values = warm.map((sample) => sample[what]);
    const part = Math.max(1, Math.floor(warm.length / 5));
    const mean = (list: readonly number[]): number => list.reduce((sum, n) => sum + n, 0) / Math.max(1, list.length);
    const [x, y] = [mean(warm.map(({ at }) => at)), mean(values)];
    const spread = warm.reduce((sum, { at }) => sum + (at - x) ** 2, 0);
    const slope = spread === 0 ? 0 : warm.reduce((sum, sample) => sum + (sample.at - x) * (sample[what] - y), 0) / spread;
    const round = (n: number): number => Math.round(n * 100) / 100;
    return {
      warm: round(mean(values.slice(0, part))),
      end: round(mean(values.slice(-part))),
      most: round(Math.max(0, ...values)),
      slope: round(slope),
    };
  }
}
