import process from "node:process";
import { formations, world } from "../types.ts";
import { Controls, interrupt } from "./controls.ts";
import { bar, Rate, Spark } from "./gauge.ts";
import { DensityMap } from "./map.ts";
import { depthOf, palette, type Style, styles } from "./palette.ts";
import type { Context, View } from "./parts.ts";
import { Screen } from "./screen.ts";
import { type Keys, type Output, Terminal } from "./terminal.ts";

const head = 1; // rows above the map
const foot = 4; // rows below it
const stale = 250; // ms after which the picture is drawn without new bodies
const whole = 5000; // ms after which it is drawn whole: something else may have written over it
const recent = 5000; // ms for which skipped frames are shown as bad

/** The swarm in a terminal: a map, and how the engine does. */
export class Picture implements View {
  readonly #terminal: Terminal;
  readonly #screen: Screen;
  readonly #map: DensityMap = new DensityMap();
  readonly #controls: Controls;
  readonly #redraws: Rate = new Rate();
  readonly #cpu: Rate = new Rate();
  readonly #answers: Rate = new Rate();
  readonly #frameTimes: Spark = new Spark(12);
  readonly #took: Spark = new Spark(12);
  #context: Context | undefined;
  #drawn = 0;
  #at = 0;
  #wholeAt = 0;
  #reported = 0;
  #skipped = 0;
  #skippedAt = -Infinity;

  constructor(output: Output, keys: Keys) {
    this.#screen = new Screen(palette(depthOf()));
    this.#controls = new Controls(() => {
      this.close();
      interrupt();
    });
    this.#terminal = new Terminal((key) => this.#context !== undefined && this.#controls.press(key, this.#context), output, keys);
  }

  tick(context: Context): void {
    this.#context = context;
    if (performance.now() - this.#at > stale) this.draw(context);
  }

  draw(context: Context): void {
    this.#context = context;
    const screen = this.#screen;
    const now = performance.now();
    if (!this.#terminal.ready) return;
    this.#at = now;
    this.#drawn++;
    this.#measure(context, now);
    if (now - this.#wholeAt > whole) {
      this.#wholeAt = now;
      screen.forget();
    }
    screen.begin(this.#terminal.columns, this.#terminal.rows);
    const rows = screen.rows - head - foot;
    if (rows > 0) this.#drawMap(context, rows);
    this.#drawHead(context);
    this.#drawFoot(context, screen.rows - foot);
    this.#terminal.draw(screen.render());
  }

  close(): void {
    this.#terminal.close();
  }

  #measure({ inputs, time }: Context, now: number): void {
    this.#redraws.update(this.#drawn, time);
    const { user, system } = process.cpuUsage();
    this.#cpu.update((user + system) / 1000, now);
    const path = inputs.path.latest;
    if (this.#answers.update(path?.answers ?? 0, time)) this.#took.push(path?.took ?? NaN);
    const report = inputs.report.latest;
    if (report !== undefined && report.frames !== this.#reported) {
      this.#reported = report.frames;
      this.#frameTimes.push(report.busy);
      if (report.skipped > this.#skipped) this.#skippedAt = now;
      this.#skipped = report.skipped;
    }
  }

  #drawMap({ inputs }: Context, rows: number): void {
    const bodies = inputs.bodies.latest;
    if (bodies !== undefined) this.#map.draw(this.#screen, head, rows, bodies);
    const stops = inputs.path.latest?.stops ?? [];
    const mark = ({ x, y }: { x: number; y: number }, char: string, style: Style) => {
      const column = Math.floor((x / world.width) * this.#screen.columns);
      const row = Math.floor((y / world.height) * rows);
      if (row >= 0 && row < rows) this.#screen.put(column, head + row, char.charCodeAt(0), styles.indexOf(style));
    };
    for (const stop of stops) mark(stop, "◇", "stop");
    const predator = inputs.predator.latest;
    if (predator !== undefined) mark(predator, "✖", "predator");
    const { sector } = this.#controls;
    if (sector !== undefined) mark(sector, "▣", "good");
  }

  #drawHead({ inputs, get }: Context): void {
    const report = inputs.report.latest;
    const row = new Row(this.#screen, 0);
    row.put(" PYROS swarm ", "title").put(`  ${(inputs.bodies.latest?.x.length ?? 0).toLocaleString("en")} bodies`, "bold");
    if (get("/world/paused") === true) row.put("  ").put(" paused ", "chosen");
    if (report !== undefined) {
      row.put(`  ${report.rate.toFixed(1)} Hz`, report.rate < 0.9 * report.wanted ? "bad" : "good");
      row.put(`  ${this.#frameTimes.show(2)}`, "dim").put(` ${report.busy.toFixed(2)} ms`).put(" a frame, at most ", "dim").put(
        report.longest.toFixed(1),
      );
      row.put("  skipped ", "dim").put(String(report.skipped), this.#at - this.#skippedAt < recent ? "bad" : "plain");
    }
    row.put("  cpu ", "dim").put(`${(this.#cpu.value / 10).toFixed(0)} %`);
    row.put("  drawn ", "dim").put(`${this.#redraws.value.toFixed(0)}/s`);
    const { deno, node } = process.versions;
    row.right(deno === undefined ? `node ${node} ` : `deno ${deno} `, "faint");
  }

  #drawFoot({ inputs, get }: Context, top: number): void {
    const path = inputs.path.latest;
    const guide = get("/guide") ?? {};
    const speed: number = get("/world/speed") ?? 1;

    const planner = new Row(this.#screen, top);
    planner.put(" planner  ", "dim").put(`${this.#answers.value.toFixed(1)} answers/s`).put(`  ${this.#took.show(4)}`, "dim").put(
      ` ${(path?.took ?? 0).toFixed(1)} ms`,
    );
    planner.put(`  unanswered `, "dim").put(String(path?.failures ?? 0), (path?.failures ?? 0) > 0 ? "bad" : "plain");
    const { sector, message } = this.#controls;
    if (sector !== undefined) {
      planner.put("   survey ", "dim").put(bar(sector.done / sector.of, 20), "good").put(` ${sector.count} bodies here`, "dim");
    } else if (message !== "") planner.put(`   ${message}`, "stop");

    const streams = new Row(this.#screen, top + 1);
    const reports = inputs.report.latest?.streams ?? [];
    const sum = (key: "lost" | "thinned" | "replaced") => reports.reduce((total, stream) => total + stream[key], 0);
    streams.put(" streams  ", "dim");
    for (const { name, rate, lost } of reports) {
      streams.put(name.slice(name.lastIndexOf("/") + 1), lost > 0 ? "bad" : "plain").put(` ${rate.toFixed(0)}  `, "dim");
    }
    streams.put("/s", "faint").put(`   ${sum("lost")} lost`, sum("lost") > 0 ? "bad" : "good");
    streams.put("  thinned ", "dim").put(short(sum("thinned"))).put("  replaced ", "dim").put(short(sum("replaced")));

    const params = new Row(this.#screen, top + 2);
    params.put(" params   ", "dim");
    for (const [i, formation] of formations.entries()) {
      params.put(` ${i + 1} ${formation} `, guide.formation === formation ? "chosen" : "plain");
    }
    params.put("   gain ", "dim").put(Number(guide.gain ?? 1).toFixed(1)).put("  speed ", "dim").put(speed.toFixed(1));
    params.put("  mode ", "dim").put(guide.mode === "goal" ? `goal ${guide.goalX?.toFixed(0)},${guide.goalY?.toFixed(0)}` : "tour");
    const alarm = inputs.alarm.latest?.text ?? "";
    if (alarm !== "") params.put(`   ! ${alarm}`, "bad");

    const keys = new Row(this.#screen, top + 3);
    for (const [key, what] of help) keys.put(` ${key}`, "plain").put(` ${what} `, "faint");
  }
}

/** A count in a few characters. */
function short(count: number): string {
  return count < 10_000 ? String(count) : `${Math.floor(count / 1000)}k`;
}

const help = [
  ["1-4", "shape"],
  ["arrows", "goal"],
  ["p", "way"],
  ["s", "survey"],
  ["m", "move planner"],
  ["[]", "gain"],
  ["-+", "speed"],
  ["space", "pause"],
  ["q", "quit"],
] as const;

/** Text put into one row of a screen, piece after piece. */
class Row {
  readonly #screen: Screen;
  readonly #row: number;
  #column = 0;

  constructor(screen: Screen, row: number) {
    this.#screen = screen;
    this.#row = row;
  }

  put(text: string, style: Style = "plain"): this {
    this.#column = this.#screen.text(this.#column, this.#row, text, style);
    return this;
  }

  /** Text at the end of the row, if there is room. */
  right(text: string, style: Style): void {
    const column = this.#screen.columns - text.length;
    if (column > this.#column) this.#screen.text(column, this.#row, text, style);
  }
}
