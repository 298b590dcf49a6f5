import { spawn, spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { createEngine } from "pyros";
import { describe, expect, test } from "vitest";
import { Rate, Spark } from "../../examples/swarm/display/gauge.ts";
import { depthOf, palette, styles } from "../../examples/swarm/display/palette.ts";
import { Screen } from "../../examples/swarm/display/screen.ts";
import { type Keys, keysOf, Terminal } from "../../examples/swarm/display/terminal.ts";
import { displayOn } from "../../examples/swarm/nodes/display.ts";
import swarm from "../../examples/swarm/pyros.config.ts";
import type { Path } from "../../examples/swarm/types.ts";
import { until } from "../conformance/harness.ts";

const escape = "\x1b";
const piece = new RegExp(`${escape}\\[(\\?)?([\\d;]*)([A-Za-z])|[^]`, "gu"); // an escape sequence, or a character
const enter = "\x1b[?1049h\x1b[?25l\x1b[?7l\x1b[2J";
const leave = "\x1b[0m\x1b[?7h\x1b[?25h\x1b[?1049l";
const root = fileURLToPath(new URL("../../", import.meta.url));
// How the runtime of this test runs a program in TypeScript.
const runtime = "Deno" in globalThis
  ? ["run", "-A", "--config", `${root}deno.json`]
  : ["--import", new URL("../../node_modules/tsx/dist/loader.mjs", import.meta.url).href];

/** What a terminal that does not wrap shows after some output: each cell as `style` and character. */
class Tty {
  readonly isTTY = true;
  columns: number;
  rows: number;
  cells: string[][];
  alternate = false;
  cursor = true;
  wraps = true;
  text = "";
  #row = 0;
  #column = 0;
  #style = "";

  constructor(columns: number, rows: number) {
    this.columns = columns;
    this.rows = rows;
    this.cells = Array.from({ length: rows }, () => Array.from({ length: columns }, () => " "));
  }

  resize(columns: number, rows: number): void {
    const { cells } = new Tty(columns, rows);
    Object.assign(this, { columns, rows, cells });
  }

  write(text: string): void {
    this.text += text;
    for (const [part, mode, args, verb] of text.matchAll(piece)) {
      const numbers = (args ?? "").split(";").map(Number);
      if (verb === undefined) this.#put(part);
      else if (mode === "?") this.#mode(numbers[0]!, verb === "h");
      else if (verb === "H") [this.#row, this.#column] = [(numbers[0] || 1) - 1, (numbers[1] || 1) - 1];
      else if (verb === "C") this.#column = Math.min(this.columns - 1, this.#column + (numbers[0] || 1));
      else if (verb === "m") this.#style = args!;
      else if (verb === "J") { for (const row of this.cells) row.fill(" "); }
      else throw new Error(`what is ${JSON.stringify(part)}?`);
    }
  }

  /** The characters of a row. */
  line(row: number): string {
    return this.cells[row]!.map((cell) => cell.at(-1)).join("");
  }

  get screen(): string {
    return this.cells.map((_, row) => this.line(row)).join("\n");
  }

  #put(char: string): void {
    const row = this.cells[this.#row];
    if (row === undefined || char < " ") throw new Error(`${JSON.stringify(char)} in row ${this.#row}`);
    row[this.#column] = `${this.#style} ${char}`;
    this.#column = Math.min(this.columns - 1, this.#column + 1);
  }

  #mode(number: number, on: boolean): void {
    if (number === 1049) this.alternate = on;
    else if (number === 25) this.cursor = on;
    else if (number === 7) this.wraps = on;
    else if (number !== 2026) throw new Error(`what is mode ${number}?`);
  }
}

/** Keys for a display: `press` is a person at the keyboard. */
class Keyboard implements Keys {
  readonly isTTY = true;
  raw = false;
  reading = false;
  readonly #listeners: Set<(chunk: string) => void> = new Set();
  setRawMode = (on: boolean): void => void (this.raw = on);
  on = (_: "data", listener: (chunk: string) => void): void => void this.#listeners.add(listener);
  removeListener = (_: "data", listener: (chunk: string) => void): void => void this.#listeners.delete(listener);
  resume = (): void => void (this.reading = true);
  pause = (): void => void (this.reading = false);
  press(chunk: string): void {
    for (const listener of this.#listeners) listener(chunk);
  }
}

describe("Screen", () => {
  test("what it renders turns the last picture into the next", () => {
    const codes = palette("full");
    const put = fc.tuple(fc.nat(12), fc.nat(6), fc.constantFrom(..."ab█⣿"), fc.nat(codes.length - 1));
    const picture = fc.record({
      columns: fc.integer({ min: 1, max: 12 }),
      rows: fc.integer({ min: 1, max: 6 }),
      puts: fc.array(put),
      forget: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(picture, { minLength: 1, maxLength: 6 }), fc.boolean(), (pictures, resizes) => {
        const tty = new Tty(pictures[0]!.columns, pictures[0]!.rows);
        const screen = new Screen(codes);
        for (const { columns, rows, puts, forget } of pictures) {
          if (resizes) tty.resize(columns, rows);
          if (forget) screen.forget();
          screen.begin(tty.columns, tty.rows);
          for (const [column, row, char, style] of puts) screen.put(column, row, char.charCodeAt(0), style);
          tty.write(screen.render());
          const wanted = new Tty(tty.columns, tty.rows);
          for (const [column, row, char, style] of puts) {
            if (row < tty.rows && column < tty.columns) wanted.cells[row]![column] = `${codes[style]!.slice(2, -1)} ${char}`;
          }
          const seen = tty.cells.map((cells) => cells.map((cell) => (cell.endsWith(" ") ? " " : cell)));
          expect(seen).toEqual(wanted.cells);
        }
      }),
    );
  });

  test("renders nothing where nothing has changed", () => {
    const screen = new Screen(palette("256"));
    for (const wanted of [true, false]) {
      screen.begin(10, 2);
      screen.text(2, 1, "same", "good");
      expect(screen.render() !== "").toBe(wanted);
    }
  });
});

describe("keysOf", () => {
  test("names each key of a chunk", () => {
    expect(keysOf("AqB\x1b[A\x1bOB\x1b[C\x1b[D 1\x03\x1b[1;5Aü")).toEqual([
      "A",
      "q",
      "B",
      "up",
      "down",
      "right",
      "left",
      "space",
      "1",
      "ctrl-c",
      "\x1b[1;5A",
      "ü",
    ]);
  });
});

describe("depthOf", () => {
  test("asks the environment", () => {
    expect(depthOf({ COLORTERM: "truecolor", TERM: "xterm-256color" })).toBe("full");
    expect(depthOf({ TERM: "tmux-256color" })).toBe("256");
    expect(depthOf({ TERM: "vt100" })).toBe("none");
    expect(depthOf({ COLORTERM: "truecolor", NO_COLOR: "1" })).toBe("none");
  });

  test.each(["none", "256", "full"] as const)("palette of %s has a code for every style", (depth) => {
    const codes = palette(depth);
    expect(codes.length).toBe(styles.length + 24 * 8);
    for (const code of codes) expect(code).toMatch(new RegExp(`^(${escape}\\[[\\d;]+m)+$`));
  });
});

describe("gauges", () => {
  test("Spark shows the last values, the highest as a full bar", () => {
    const spark = new Spark(4);
    for (const value of [100, 1, 2, 4, 8]) spark.push(value);
    expect(spark.show(1)).toBe("▁▂▄█");
    expect(spark.show(16)).toBe("▁▁▂▄");
  });

  test("Rate counts per second", () => {
    const rate = new Rate();
    rate.update(0, 0);
    expect(rate.update(10, 500)).toBe(false);
    expect(rate.update(50, 2000)).toBe(true);
    expect(rate.value).toBe(25);
  });
});

describe("Terminal", () => {
  test("takes the terminal over and gives it back once", () => {
    const tty = new Tty(10, 2);
    const keys = new Keyboard();
    const pressed: string[] = [];
    const listeners = process.listenerCount("exit");
    const terminal = new Terminal((key) => pressed.push(key), tty, keys);
    expect([tty.alternate, tty.cursor, tty.wraps, keys.raw, keys.reading]).toEqual([true, false, false, true, true]);
    keys.press("ab");
    terminal.close();
    terminal.close();
    terminal.draw("too late");
    keys.press("c");
    expect([tty.alternate, tty.cursor, tty.wraps, keys.raw, keys.reading]).toEqual([false, true, true, false, false]);
    expect(tty.text).toBe(enter + leave);
    expect(pressed).toEqual(["a", "b"]);
    expect(process.listenerCount("exit")).toBe(listeners);
  });

  test("is not ready while the output is behind", () => {
    const output = { writableLength: 5, write() {} };
    const terminal = new Terminal(() => {}, output, new Keyboard());
    expect(terminal.ready).toBe(false);
    expect(terminal.leftOut).toBe(1);
    output.writableLength = 0;
    expect(terminal.ready).toBe(true);
    terminal.close();
  });

  test.each(["close", "exit", "throw"])("gives the terminal back when the program ends by %s", (how) => {
    const { stdout } = spawnSync(process.execPath, [...runtime, fileURLToPath(new URL("./swarm-terminal.ts", import.meta.url)), how], {
      encoding: "utf8",
    });
    expect(stdout).toBe(`${enter}\x1b[?2026ha picture\x1b[?2026l${leave}`);
  });
});

describe("display", () => {
  test("draws the swarm, and its keys reach the graph", async () => {
    const tty = new Tty(100, 30);
    const keys = new Keyboard();
    const base = new URL("../../examples/swarm/pyros.config.ts", import.meta.url);
    await using engine = await createEngine({
      ...swarm,
      clock: "sim",
      seed: 7,
      nodes: { ...swarm.nodes, "/display": displayOn(tty, keys) },
    }, { base, set: { "/world/count": 3000 } });
    await engine.run({ seconds: 2 });
    expect(tty.line(0)).toMatch(/^ PYROS swarm {3}3,000 bodies {2}60\.0 Hz/);
    expect(tty.line(26)).toMatch(/^ planner {2}[\d.]+ answers/);
    expect(tty.line(27)).toContain("bodies 60  flock 60  /s   0 lost");
    expect(tty.line(28)).toMatch(/gain 1\.0 {2}speed 1\.0 {2}mode tour/);
    expect(tty.screen.match(/[\u2801-\u28ff]/g)!.length).toBeGreaterThan(200);

    keys.press("2]]+ \x1b[A\x1b[A");
    await engine.run({ seconds: 1 });
    expect(engine.params.get("/guide")).toMatchObject({ formation: "ring", gain: 1.2, mode: "goal" });
    expect(engine.params.get("/world")).toMatchObject({ speed: 1.1, paused: true });
    expect(tty.line(0)).toContain(" paused ");
    expect(tty.line(28)).toMatch(/gain 1\.2 {2}speed 1\.1 {2}mode goal/);

    keys.press("]".repeat(30));
    await engine.run({ seconds: 1 });
    expect(engine.params.get("/guide/gain")).toBe(3);
    expect(tty.line(26)).toContain("/guide/gain"); // it tells why the write was refused

    keys.press("sp");
    await engine.run({ seconds: 1 });
    expect(tty.line(26)).toMatch(/survey ━+─+/);
    expect(engine.params.get("/guide/mode")).toBe("tour");
    await engine.run({ seconds: 1.5 });
    expect(tty.line(26)).toContain("to the emptiest sector");
    expect(engine.params.get("/guide/mode")).toBe("goal");

    for (const [columns, rows] of [[40, 12], [10, 3], [1, 1], [160, 50]] as const) {
      tty.resize(columns, rows);
      await engine.run({ seconds: 0.2 });
    }
    expect(tty.line(49)).toContain("q quit");
    await engine.close();
    expect([tty.alternate, tty.cursor, keys.raw, keys.reading]).toEqual([false, true, false, false]);
  });

  test("has a key that moves the planner to a process and back, while it works", async () => {
    const tty = new Tty(100, 30);
    const keys = new Keyboard();
    const base = new URL("../../examples/swarm/pyros.config.ts", import.meta.url);
    const nodes = { ...swarm.nodes, "/display": displayOn(tty, keys) };
    await using engine = await createEngine({ ...swarm, nodes }, { base, set: { "/world/count": 500, "/planner/effort": 200 } });
    const planner = () => engine.nodes.find(({ name }) => name === "/planner")!;
    let path: Path | undefined;
    engine.stream<Path>("/guide/path").on((value) => void (path = value));
    await until(() => (path?.answers ?? 0) > 2 && tty.screen.includes("move planner"));
    for (const [place, told] of [["process", "a process"], ["loop", "the loop"]] as const) {
      keys.press("m");
      await until(() => tty.screen.includes(`the planner runs in ${told}`), 30_000);
      expect(planner()).toMatchObject({ placement: place, status: "running" });
      const { answers } = path!;
      await until(() => path!.answers > answers + 2);
      expect(engine.nodes.find(({ status }) => status !== "running")).toBe(undefined);
    }
    expect(path!.failures).toBe(0);
    await engine.close();
  });
});

// util-linux's `script` gives a program a terminal of its own.
const hasScript = spawnSync("script", ["--version"]).status === 0;

describe.skipIf(!hasScript)("in a terminal of its own", () => {
  const command = [
    process.execPath,
    ...runtime,
    `${root}src/cli/main.ts`,
    "run",
    "examples/swarm/pyros.config.ts",
    "--set",
    "/world/count=2000",
  ];
  const inTerminal = (keys: string, until: RegExp) =>
    new Promise<{ code: number | null; out: string }>((resolve) => {
      const line = `stty rows 24 cols 100; ${command.map((word) => `'${word}'`).join(" ")}; echo "code $?"; stty -a`;
      const child = spawn("script", ["-qec", line, "/dev/null"], {
        cwd: root,
        env: { ...process.env, TERM: "xterm-256color", VITEST: undefined, NODE_OPTIONS: undefined },
      });
      let out = "";
      let pressed = false;
      child.stdout.on("data", (data: Buffer) => {
        out += data.toString();
        if (pressed || !until.test(out)) return;
        pressed = true;
        child.stdin.write(keys);
      });
      child.on("close", (code) => resolve({ code, out }));
    });

  test.each([["q", "q"], ["Ctrl-C", "\x03"]])("%s ends the program and gives the terminal back", async (_, key) => {
    const { out } = await inTerminal(key, /2,000 bodies[^]*planner/);
    expect(out).toContain(enter);
    const after = out.slice(out.lastIndexOf(leave));
    expect(after.slice(leave.length)).toMatch(/^code 0\r\n/); // nothing was drawn or said behind it
    expect(after).toMatch(/[^-]icanon/); // no longer raw
    expect(after).toMatch(/[^-]echo /);
  });
});
