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

function cellsOf(line: string): Cell[] {
  const cells: Cell[] = [];
  for (const [part, codes] of line.matchAll(/\x1b\[([\d;]*)m|[^]/gu)) {
    if (codes !== undefined) style = restyle(style, codes === "" ? [0] : codes.split(";").map(Number));
    else cells.push({ ...style, char: part });
  }
  return cells;
}

const escape = (text: string): string => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

/** Draws a screen. */
function draw(lines: readonly Cell[][], title: string): string {
  const columns = lines.reduce((most, line) => Math.max(most, line.length), 0);
  const w = columns * width + 2 * padding;
  const h = lines.length * height + padding + bar;
  const dots = new Map<string, string>();
  const blocks = new Map<string, string>();
  const backs: string[] = [];
  const texts: string[] = [];
  const add = (to: Map<string, string>, fill: string, path: string) => to.set(fill, (to.get(fill) ?? "") + path);
  for (const [row, line] of lines.entries()) {
    const y = bar + row * height;
    for (let column = 0; column < line.length; ) {
      const { char, fill, back, bold } = line[column]!;
      const x = padding + column * width;
      const code = char.codePointAt(0)!;
      if (back !== undefined) backs.push(`<path fill="${back}" d="M${x} ${y}h${width}v${height}h-${width}z"/>`);
      if (code >= 0x2800 && code < 0x2900) {
        // Bits 0 to 2 are the left column from above, 3 to 5 the right one, 6 and 7 the fourth row.
        for (const [bit, dx, dy] of [[0, 0, 0], [1, 0, 1], [2, 0, 2], [3, 1, 0], [4, 1, 1], [5, 1, 2], [6, 0, 3], [7, 1, 3]] as const) {
          if (((code - 0x2800) >> bit) & 1) add(dots, fill, `M${x + 2.25 + 4.5 * dx} ${y + 2.25 + 4.5 * dy}h0`);
        }
        column++;
      } else if (code >= 0x2581 && code <= 0x2588) {
        const tall = ((code - 0x2580) / 8) * (height - 6);
        add(blocks, fill, `M${x + 1} ${y + height - 3 - tall}h${width - 2}v${tall}h-${width - 2}z`);
        column++;
      } else if (char === "━" || char === "─") {
        const thick = char === "━" ? 4 : 1.5;
        add(blocks, fill, `M${x} ${y + (height - thick) / 2}h${width}v${thick}h-${width}z`);
        column++;
      } else {
        let text = "";
        const same = (cell: Cell) => cell.fill === fill && cell.bold === bold && cell.back === back && !/[\u2500-\u257f\u2581-\u2588\u2800-\u28ff]/.test(cell.char);
        for (; column < line.length && same(line[column]!); column++) {
          text += line[column]!.char;
          const next = line[column]!;
          if (back !== undefined && text.length > 1) backs.push(`<path fill="${next.back}" d="M${padding + column * width} ${y}h${width}v${height}h-${width}z"/>`);
        }
        const shown = text.trim();
        if (shown === "") continue;
        const from = x + text.indexOf(shown) * width;
        texts.push(`<text x="${from}" y="${y + 13}" textLength="${shown.length * width}" fill="${fill}"${bold ? ' font-weight="700"' : ""}>${escape(shown)}</text>`);
      }
    }
  }
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${w} ${h}" width="${w}" height="${h}" role="img" aria-label="${escape(title)}">`,
    `<rect width="${w}" height="${h}" rx="10" fill="${background}"/>`,
    ...["#ff5f57", "#febc2e", "#28c840"].map((fill, i) => `<circle cx="${20 + 18 * i}" cy="17" r="5.5" fill="${fill}"/>`),
    `<g font-family="ui-monospace, 'JetBrains Mono', 'SF Mono', Menlo, Consolas, 'DejaVu Sans Mono', monospace" font-size="15" xml:space="preserve">`,
    `<text x="${w / 2}" y="22" text-anchor="middle" font-size="13" fill="#7d859b">${escape(title)}</text>`,
    ...backs,
    ...texts,
    `</g>`,
    ...[...blocks].map(([fill, d]) => `<path fill="${fill}" d="${d}"/>`),
    `<g fill="none" stroke-width="3.1" stroke-linecap="round">`,
    ...[...dots].map(([stroke, d]) => `<path stroke="${stroke}" d="${d}"/>`),
    `</g>`,
    `</svg>`,
    "",
  ].join("\n");
}

const screen = readFileSync(0, "utf8").replace(/\n$/, "").split("\n");
process.stdout.write(draw(screen.map(cellsOf), process.argv[2] ?? ""));
