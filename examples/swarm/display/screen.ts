import { type Style, styles } from "./palette.ts";

const numbers = new Map<Style, number>(styles.map((style, i) => [style, i]));
const blank = 32;

/** A picture of characters, and what is needed to turn the last one shown into it. */
export class Screen {
  columns = 0;
  rows = 0;
  #codes: readonly string[];
  #chars: Uint16Array = new Uint16Array(0);
  #styles: Uint16Array = new Uint16Array(0);
  #shownChars: Uint16Array = new Uint16Array(0);
  #shownStyles: Uint16Array = new Uint16Array(0);

  /** @param codes the escape codes of the styles, by number */
  constructor(codes: readonly string[]) {
    this.#codes = codes;
  }

  /** Begins an empty picture; one of another size than the last will be drawn whole. */
  begin(columns: number, rows: number): void {
    if (columns !== this.columns || rows !== this.rows) {
      this.columns = columns;
      this.rows = rows;
      this.#chars = new Uint16Array(columns * rows);
      this.#styles = new Uint16Array(columns * rows);
      this.#shownChars = new Uint16Array(columns * rows);
      this.#shownStyles = new Uint16Array(columns * rows);
    }
    this.#chars.fill(blank);
    this.#styles.fill(0);
  }

  /** The next picture will be drawn whole: something else may have been written over this one. */
  forget(): void {
    this.#shownChars.fill(0);
  }

  /** Puts one character, by its code point below 65,536. */
  put(column: number, row: number, char: number, style: number): void {
    if (column < 0 || row < 0 || column >= this.columns || row >= this.rows) return;
    const at = row * this.columns + column;
    this.#chars[at] = char;
    this.#styles[at] = style;
  }

  /**
   * Puts text, as much as has room.
   *
   * @returns the column behind it
   */
  text(column: number, row: number, text: string, style: Style = "plain"): number {
    const number = numbers.get(style)!;
    for (let i = 0; i < text.length; i++) this.put(column + i, row, text.charCodeAt(i), number);
    return column + text.length;
  }

  /** What to write to a terminal so that it shows this picture. */
  render(): string {
    const chars = this.#chars;
    const styleOf = this.#styles;
    let out = "";
    let cursor = -1; // the cell where the terminal's cursor stands
    let style = -1;
    for (let at = 0; at < chars.length; at++) {
      const char = chars[at]!;
      if (char === this.#shownChars[at] && styleOf[at] === this.#shownStyles[at]) continue;
      if (cursor !== at) {
        const [row, column] = [Math.floor(at / this.columns), at % this.columns];
        out += cursor > row * this.columns ? `\x1b[${at - cursor}C` : `\x1b[${row + 1};${column + 1}H`;
      }
      if (styleOf[at] !== style) {
        style = styleOf[at]!;
        out += this.#codes[style]!;
      }
      out += String.fromCharCode(char);
      this.#shownChars[at] = char;
      this.#shownStyles[at] = style;
      cursor = (at + 1) % this.columns === 0 ? -1 : at + 1; // at the end of a row it stays there
    }
    return out;
  }
}
