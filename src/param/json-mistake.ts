/** White space, then a mark, a string, or another value. */
const token =
  // eslint-disable-next-line no-control-regex
  /[ \t\n\r]*(?:([{}[\],:])|("(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*")|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)/y;

/** What may come next; `end` is a comma or the closing of what is open. */
type State = "value" | "first item" | "first key" | "key" | "colon" | "end";

/**
 * Where a text stops being JSON.
 *
 * @param text what `JSON.parse` has refused
 * @returns the offset of the first character that cannot stand there
 */
export function jsonMistake(text: string): number {
  const open: ("{" | "[")[] = [];
  let state: State = "value";
  for (let at = 0;;) {
    token.lastIndex = at;
    const match = token.exec(text);
    const start = at + /^[ \t\n\r]*/.exec(text.slice(at, at + 1_000))![0].length;
    const next: State | undefined = match === null ? undefined : after(state, match[1], match[2] !== undefined, open);
    if (next === undefined) return start;
    state = next;
    at = token.lastIndex;
  }
}

/** The state after a token, or undefined where it cannot come. */
function after(state: State, mark: string | undefined, isText: boolean, open: ("{" | "[")[]): State | undefined {
  const closes = mark === "}" ? "{" : mark === "]" ? "[" : undefined;
  if (closes !== undefined) {
    if (state !== "end" && state !== (closes === "{" ? "first key" : "first item")) return undefined;
    return open.pop() === closes ? "end" : undefined;
  }
  switch (state) {
    case "end":
      return mark === "," && open.length > 0 ? (open.at(-1) === "{" ? "key" : "value") : undefined;
    case "colon":
      return mark === ":" ? "value" : undefined;
    case "key":
    case "first key":
      return isText ? "colon" : undefined;
    default:
      if (mark === undefined) return "end";
      if (mark !== "{" && mark !== "[") return undefined;
      open.push(mark);
      return mark === "{" ? "first key" : "first item";
  }
}
