import { RosError } from "../../../src/errors.ts";

const longestName = 1000; // characters; in ROS it has no limit, and no name here has more than 255

/** What has to stand in one segment, in that order, with anything between; or any segments. */
type Segment = readonly string[] | "**";

/** A pattern of names: `*` stands for a part of one segment or all of it, `**` for one segment or more. */
export class Glob {
  readonly text: string;
  /** Whether it is just a name. */
  readonly isName: boolean;
  readonly #segments: readonly Segment[];

  /** @throws RosError when it is malformed; the message says what would be right */
  constructor(text: string) {
    if (typeof text !== "string" || text === "") throw malformed(text, "it is empty");
    if (text[0] !== "/") throw malformed(text, text === "*" ? "all names are /**" : "it does not begin with /");
    if (text.length > 255) throw malformed(`${text.slice(0, 40)}…`, "it is longer than 255 characters");
    const segments = text.slice(1).split("/");
    for (const segment of segments) {
      if (segment === "") throw malformed(text, "it has an empty segment");
      const foreign = /[^A-Za-z0-9_*]/.exec(segment);
      if (foreign !== null) {
        throw malformed(text, `${JSON.stringify(foreign[0])} stands in no name: this is a glob, not a regular expression`);
      }
      if (segment !== "**" && segment.includes("**")) throw malformed(text, "** stands for whole segments, and by itself");
    }
    this.text = text;
    this.isName = !text.includes("*");
    this.#segments = segments.map((segment) => (segment === "**" ? segment : segment.split("*")));
  }

  /** The name of the smallest subtree in which all stands that it matches: `/` for everything. */
  get base(): string {
    const parts = this.text.slice(1).split("/");
    const wild = parts.findIndex((part) => part.includes("*"));
    return `/${parts.slice(0, wild < 0 ? parts.length : wild).join("/")}`;
  }

  matches(name: string): boolean {
    if (this.isName) return name === this.text;
    if (name[0] !== "/" || name.length > longestName) return false;
    return fits(this.#segments, name.slice(1).split("/"));
  }
}

/** Whether segments fit a pattern; a `**` takes one more only where what follows it does not fit. */
function fits(pattern: readonly Segment[], segments: readonly string[]): boolean {
  let at = 0; // in the pattern
  let any = -1; // the last ** in it, and how far that has come
  let taken = 0;
  for (let i = 0; i < segments.length;) {
    const part = pattern[at];
    if (part === "**") {
      any = at++;
      taken = ++i;
    } else if (part !== undefined && fitsOne(part, segments[i]!)) {
      at++;
      i++;
    } else {
      if (any < 0) return false;
      at = any + 1;
      i = ++taken;
    }
  }
  return at === pattern.length;
}

/** Names come from the network, as long as they like: each piece is looked for once, behind the one before it. */
function fitsOne(pieces: readonly string[], segment: string): boolean {
  const first = pieces[0]!;
  if (pieces.length === 1) return segment === first;
  if (!segment.startsWith(first)) return false;
  let at = first.length;
  for (let i = 1; i < pieces.length - 1; i++) {
    const found = segment.indexOf(pieces[i]!, at);
    if (found < 0) return false;
    at = found + pieces[i]!.length;
  }
  const last = pieces.at(-1)!;
  return at + last.length <= segment.length && segment.endsWith(last);
}

function malformed(text: unknown, why: string): RosError {
  return new RosError(
    `${
      JSON.stringify(text)
    } is no glob: ${why}. A glob is a name in which * stands for what one segment has, and ** for whole segments: /camera/*/image, /arm/**`,
  );
}
