/**
 * Turns a screen of a terminal, as `tmux capture-pane -ep` prints it, into an SVG picture.
 *
 *     tmux capture-pane -ep | tsx scripts/terminal-svg.ts "title" > docs/swarm.svg
 *
 * Braille dots and bars are drawn as shapes, so that the picture looks the same whatever fonts there are.
 */
import { readFileSync } from "node:fs";
import process from "node:process";

const width = 9; // of a cell
const height = 18;
const padding = 14;
const bar = 34; // height of the title bar
const background = "#0b0e16";
const foreground = "#ced4e0";

interface Style {
  fill: string;
  back: string | undefined;
  bold: boolean;
}

interface Cell extends Style {
  char: string;
}

const basic = ["#1d2130", "#f07178", "#9bd48d", "#ffcb6b", "#82aaff", "#c792ea", "#89ddff", "#d0d6e4"];

function indexed(n: number): string {
  if (n < 16) return basic[n % 8]!;
  if (n >= 232) return rgb(8 + (n - 232) * 10, 8 + (n - 232) * 10, 8 + (n - 232) * 10);
  const part = (k: number) => (k === 0 ? 0 : 55 + 40 * k);
  return rgb(part(Math.floor((n - 16) / 36)), part(Math.floor((n - 16) / 6) % 6), part((n - 16) % 6));
}

function rgb(...parts: number[]): string {
  return `#${parts.map((part) => part.toString(16).padStart(2, "0")).join("")}`;
}

/** Reads an SGR sequence. */
function restyle(style: Style, codes: number[]): Style {
  const next = { ...style };
  for (let i = 0; i < codes.length; i++) {
    const code = codes[i]!;
    if (code === 0) Object.assign(next, { fill: foreground, back: undefined, bold: false });
    else if (code === 1) next.bold = true;
    else if (code === 22) next.bold = false;
    else if (code === 39) next.fill = foreground;
    else if (code === 49) next.back = undefined;
    else if (code >= 30 && code < 38) next.fill = basic[code - 30]!;
    else if (code >= 40 && code < 48) next.back = basic[code - 40]!;
    else if (code === 38 || code === 48) {
      const colour = codes[i + 1] === 2 ? rgb(codes[i + 2]!, codes[i + 3]!, codes[i + 4]!) : indexed(codes[i + 2]!);
      i += codes[i + 1] === 2 ? 4 : 2;
      if (code === 38) next.fill = colour;
      else next.back = colour;
    }
  }
  return next;
}

let style: Style = { fill: foreground, back: undefined, bold: false }; // goes on from line to line

const escape = "\x1b";
const piece = new RegExp(`${escape}\\[([\\d;]*)m|[^]`, "gu"); // an escape sequence, or a character

function cellsOf(line: string): Cell[] {
  const cells: Cell[] = [];
  for (const [part, codes] of line.matchAll(piece)) {
    if (codes !== undefined) style = restyle(style, codes === "" ? [0] : codes.split(";").map(Number));
    else cells.push({ ...style, char: part });
  }
  return cells;
}

const quote = (text: string): string => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

/** Paths by colour. */
class Paths {
  readonly #paths: Map<string, string> = new Map();

  add(colour: string, path: string): void {
    this.#paths.set(colour, (this.#paths.get(colour) ?? "") + path);
  }

  show(attribute: "fill" | "stroke"): string[] {
    return [...this.#paths].map(([colour, path]) => `<path ${attribute}="${colour}" d="${path}"/>`);
  }
}

// The dots of a braille character, by bit: column and row.
const brailleDots = [[0, 0], [0, 1], [0, 2], [1, 0], [1, 1], [1, 2], [0, 3], [1, 3]] as const;
const drawn = /[\u2500\u2501\u2581-\u2588\u2800-\u28ff]/; // characters that are shapes here, not text

/** Draws a character that is a shape. */
function shape({ char, fill }: Cell, x: number, y: number, blocks: Paths, dots: Paths): void {
  const code = char.charCodeAt(0);
  if (code >= 0x2800) {
    for (const [bit, [column, row]] of brailleDots.entries()) {
      if (((code - 0x2800) >> bit) & 1) dots.add(fill, `M${x + 2.25 + 4.5 * column} ${y + 2.25 + 4.5 * row}h0`);
    }
  } else if (code >= 0x2581) {
    const tall = ((code - 0x2580) / 8) * (height - 6);
    blocks.add(fill, `M${x + 1} ${y + height - 3 - tall}h${width - 2}v${tall}h-${width - 2}z`);
  } else {
    const thick = char === "━" ? 4 : 1.5;
    blocks.add(fill, `M${x} ${y + (height - thick) / 2}h${width}v${thick}h-${width}z`);
  }
}

/** Draws text of one style. */
function textOf(cells: readonly Cell[], x: number, y: number): string {
  const text = cells.map(({ char }) => char).join("");
  const shown = text.trim();
  if (shown === "") return "";
  const { fill, bold } = cells[0]!;
  const from = x + text.indexOf(shown) * width;
  const weight = bold ? ' font-weight="700"' : "";
  return `<text x="${from}" y="${y + 13}" textLength="${shown.length * width}" fill="${fill}"${weight}>${quote(shown)}</text>`;
}

/** Draws a screen. */
function draw(lines: readonly Cell[][], title: string): string {
  const columns = lines.reduce((most, line) => Math.max(most, line.length), 0);
  const w = columns * width + 2 * padding;
  const h = lines.length * height + padding + bar;
  const [backs, blocks, dots] = [new Paths(), new Paths(), new Paths()];
  const texts: string[] = [];
  for (const [row, line] of lines.entries()) {
    const y = bar + row * height;
    let start = 0; // of the text of one style
    const flush = (end: number) => {
      if (end > start) texts.push(textOf(line.slice(start, end), padding + start * width, y));
      start = end;
    };
    for (const [column, cell] of line.entries()) {
      const x = padding + column * width;
      if (cell.back !== undefined) backs.add(cell.back, `M${x} ${y}h${width}v${height}h-${width}z`);
      const before = line[start]!;
      if (drawn.test(cell.char)) {
        flush(column);
        shape(cell, x, y, blocks, dots);
        start = column + 1;
      } else if (cell.fill !== before.fill || cell.bold !== before.bold || cell.back !== before.back) flush(column);
    }
    flush(line.length);
  }
  const fonts = "ui-monospace, 'JetBrains Mono', 'SF Mono', Menlo, Consolas, 'DejaVu Sans Mono', monospace";
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${w} ${h}" width="${w}" height="${h}" role="img" aria-label="${quote(title)}">`,
    `<rect width="${w}" height="${h}" rx="10" fill="${background}"/>`,
    ...["#ff5f57", "#febc2e", "#28c840"].map((fill, i) => `<circle cx="${20 + 18 * i}" cy="17" r="5.5" fill="${fill}"/>`),
    ...backs.show("fill"),
    `<g font-family="${fonts}" font-size="15" style="font-variant-ligatures:none;font-feature-settings:'calt' 0" xml:space="preserve">`,
    `<text x="${w / 2}" y="22" text-anchor="middle" font-size="13" fill="#7d859b">${quote(title)}</text>`,
    ...texts.filter((text) => text !== ""),
    `</g>`,
    ...blocks.show("fill"),
    `<g fill="none" stroke-width="3.1" stroke-linecap="round">`,
    ...dots.show("stroke"),
    `</g>`,
    `</svg>`,
    "",
  ].join("\n");
}

const screen = readFileSync(0, "utf8").replace(/\n$/, "").split("\n");
process.stdout.write(draw(screen.map(cellsOf), process.argv[2] ?? ""));
