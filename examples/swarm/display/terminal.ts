import process from "node:process";

/** What is drawn on: a terminal's output, or something like it. */
export interface Output {
  readonly isTTY?: boolean;
  readonly columns?: number;
  readonly rows?: number;
  readonly writableLength?: number;
  write(text: string): unknown;
}

/** Where keys come from. */
export interface Keys {
  readonly isTTY?: boolean;
  setRawMode?(on: boolean): unknown;
  on(event: "data", listener: (chunk: Uint8Array | string) => void): unknown;
  removeListener(event: "data", listener: (chunk: Uint8Array | string) => void): unknown;
  resume(): unknown;
  pause(): unknown;
}

// Alternate screen, no cursor, no wrapping at the edge; and back.
const enter = "\x1b[?1049h\x1b[?25l\x1b[?7l\x1b[2J";
const leave = "\x1b[0m\x1b[?7h\x1b[?25h\x1b[?1049l";
// A terminal that knows these shows what is between them at once; others ignore them.
const begin = "\x1b[?2026h";
const end = "\x1b[?2026l";

/** A terminal taken over for drawing: it is given back by `close`, and at the latest when the process exits. */
export class Terminal {
  readonly #output: Output;
  readonly #keys: Keys | undefined;
  readonly #onKey: (key: string) => void;
  #open = true;
  /** Pictures that were left out because the terminal had not taken the one before. */
  leftOut = 0;

  /**
   * @param onKey is called with the name of each key: `up`, `space`, `q`, `ctrl-c`
   * @param output where to draw
   * @param keys where keys come from
   */
  constructor(onKey: (key: string) => void, output: Output, keys: Keys) {
    this.#onKey = onKey;
    this.#output = output;
    this.#keys = keys.isTTY === true ? keys : undefined;
    process.once("exit", this.close);
    process.once("uncaughtExceptionMonitor", this.close); // before the error is told, which would be lost with the picture
    output.write(enter);
    this.#keys?.setRawMode?.(true);
    this.#keys?.on("data", this.#listen);
    this.#keys?.resume();
  }

  get columns(): number {
    return this.#output.columns || 80;
  }

  get rows(): number {
    return this.#output.rows || 24;
  }

  /** Whether the terminal has taken all that was drawn; if not, a new picture would only make it later. */
  get ready(): boolean {
    const ready = this.#open && !(this.#output.writableLength! > 0);
    if (!ready) this.leftOut++;
    return ready;
  }

  /** Draws a whole picture at once. */
  draw(text: string): void {
    if (this.#open && text !== "") this.#output.write(begin + text + end);
  }

  /** Gives the terminal back as it was. */
  readonly close = (): void => {
    if (!this.#open) return;
    this.#open = false;
    process.removeListener("exit", this.close);
    process.removeListener("uncaughtExceptionMonitor", this.close);
    this.#keys?.removeListener("data", this.#listen);
    this.#keys?.setRawMode?.(false);
    this.#keys?.pause();
    this.#output.write(leave);
  };

  readonly #listen = (chunk: Uint8Array | string): void => {
    for (const key of keysOf(typeof chunk === "string" ? chunk : new TextDecoder().decode(chunk))) this.#onKey(key);
  };
}

const escape = "\x1b";
const pieces = new RegExp(`${escape}[[O][0-9;]*[A-Za-z~]|[^]`, "gu"); // an escape sequence, or a character
const names: Record<string, string> = {
  "\x1b[A": "up",
  "\x1b[B": "down",
  "\x1b[C": "right",
  "\x1b[D": "left",
  " ": "space",
  "\x03": "ctrl-c",
};

/**
 * The keys in what a terminal has sent: several may come at once.
 *
 * @param chunk what was read
 * @returns a name for each
 */
export function keysOf(chunk: string): string[] {
  const parts = chunk.match(pieces) ?? [];
  return parts.map((part) => names[part.replace(`${escape}O`, `${escape}[`)] ?? part);
}
