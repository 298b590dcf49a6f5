import { RosError } from "../../../src/errors.ts";

/** A pattern of names: `*` stands for a part of one segment or all of it, `**` for one segment or more. */
export class Glob {
  readonly text: string;
  /** Whether it is just a name. */
  readonly isName: boolean;
  readonly #segments: readonly (RegExp | "**")[];

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
    this.#segments = segments.map((segment) => (segment === "**" ? segment : new RegExp(`^${segment.replaceAll("*", "[^/]*")}$`)));
  }

  matches(name: string): boolean {
    if (this.isName) return name === this.text;
    if (name[0] !== "/") return false;
    return fits(this.#segments, name.slice(1).split("/"));
  }
}

/** Whether segments fit a pattern: of the pattern, which of its beginnings fit is carried along from segment to segment. */
function fits(pattern: readonly (RegExp | "**")[], segments: readonly string[]): boolean {
  let reached = new Set([0]); // how many parts of the pattern are done
  for (const segment of segments) {
    const next = new Set<number>();
    for (const at of reached) {
      const part = pattern[at];
      if (at > 0 && pattern[at - 1] === "**") next.add(at); // one more for it
      if (part === "**" || part?.test(segment) === true) next.add(at + 1);
    }
    reached = next;
  }
  return reached.has(pattern.length);
}

function malformed(text: unknown, why: string): RosError {
  return new RosError(
    `${
      JSON.stringify(text)
    } is no glob: ${why}. A glob is a name in which * stands for what one segment has, and ** for whole segments: /camera/*/image, /arm/**`,
  );
}
