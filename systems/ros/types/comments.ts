/** What the comments of a definition say: of the type, and of its fields and constants. */
export interface Comments {
  /** Lines about all of it. */
  readonly type: readonly string[];
  /** Lines about a field or constant, by its name. */
  readonly of: ReadonlyMap<string, readonly string[]>;
}

const noTrailing = /^\s*string\s+\w+\s*=/; // all that follows belongs to the text

/**
 * Finds the comments of a definition: those above all fields are of the type, the others of the field whose line they stand in, go on
 * from, or touch from above.
 */
export function commentsOf(text: string): Comments {
  const type: string[] = [];
  const of = new Map<string, string[]>();
  let block: string[] = []; // lines that a field may follow
  let isTop = true;
  let open: string[] | undefined; // what a line may go on with
  const flush = (): void => {
    if (isTop && block.length > 0) type.push(...(type.length > 0 ? [""] : []), ...block);
    block = [];
  };
  for (const line of text.split("\n")) {
    const comment = /^(\s*)#(.*)$/.exec(line);
    if (comment !== null) {
      if (open !== undefined && comment[1] !== "") open.push(plain(comment[2]!));
      else block.push(plain(comment[2]!));
      continue;
    }
    open = undefined;
    const name = /^\s*\S+\s+([A-Za-z]\w*)/.exec(line)?.[1];
    if (name === undefined) {
      flush();
      continue;
    }
    if (isTop && type.length === 0) flush(); // the only block there is
    isTop = false;
    const own = [...block];
    block = [];
    const trailing = noTrailing.test(line) ? null : /#(.*)$/.exec(line);
    if (trailing !== null) {
      own.push(plain(trailing[1]!));
      open = own;
    }
    of.set(name, own);
  }
  flush();
  return { type: trimmed(type), of: new Map([...of].map(([name, lines]) => [name, trimmed(lines)])) };
}

/** Without what only decorates. */
function plain(text: string): string {
  return text.replace(/^#+/, "").trim().replace(/^[-=_*#\s]+$/, "").replaceAll("*/", "* /");
}

/** Without empty lines around, and without two in a row. */
function trimmed(lines: readonly string[]): string[] {
  return lines.join("\n").replace(/\n{3,}/g, "\n\n").trim().split("\n").filter((line, _, all) => all.length > 1 || line !== "");
}
