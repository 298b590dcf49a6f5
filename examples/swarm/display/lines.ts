import type { Report } from "../types.ts";
import type { Context, View } from "./parts.ts";
import type { Output } from "./terminal.ts";

/** A line a second, where there is no terminal. */
export class Lines implements View {
  readonly #output: Output;
  #printed = 0;
  #last: Context | undefined;

  constructor(output: Output) {
    this.#output = output;
  }

  draw(): void {}

  tick(context: Context): void {
    this.#last = context;
    const report = context.inputs.report.latest;
    if (report !== undefined && (this.#printed === 0 || report.frames - this.#printed >= 0.9 * report.wanted)) this.#print(context, report);
  }

  /** The last line tells how it ended. */
  close(): void {
    const report = this.#last?.inputs.report.latest;
    if (report !== undefined && report.frames !== this.#printed) this.#print(this.#last!, report);
  }

  #print({ inputs }: Context, report: Report): void {
    this.#printed = report.frames;
    const flock = inputs.flock.latest;
    const path = inputs.path.latest;
    const lost = report.streams.reduce((sum, stream) => sum + stream.lost, 0);
    const rates = report.streams.map(({ name, rate }) => `${name} ${rate.toFixed(0)}/s`);
    const parts = [
      `frame ${report.frames}`,
      `${report.rate.toFixed(1)} Hz`,
      `${report.busy.toFixed(2)} ms a frame`,
      `${report.skipped} skipped`,
      `${flock?.count ?? 0} bodies around ${flock?.centre.x.toFixed(0) ?? "?"},${flock?.centre.y.toFixed(0) ?? "?"}`,
      `planner ${path?.answers ?? 0} answers, the last in ${path?.took.toFixed(1) ?? "?"} ms`,
      rates.join(" "),
      `${lost} lost`,
    ];
    this.#output.write(`${parts.join(" | ")}\n`);
  }
}
