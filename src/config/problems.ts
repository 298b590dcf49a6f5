import { ConfigError, type ConfigProblem } from "../errors.ts";
import { type Keys, pathText } from "./keys.ts";
import type { Source } from "./source.ts";

/** A part of a config that came from somewhere. */
export interface Place {
  readonly source: Source;
  readonly keys: Keys;
}

/** Tells of a mistake at `keys`: of the key itself, or of what stands behind it. */
export type Report = (keys: Keys, message: string, of?: "key" | "value") => void;

/** The mistakes that were found so far. */
export class Problems {
  readonly list: ConfigProblem[] = [];

  /** @throws ConfigError when there are mistakes: each once, those of one file in the order of its lines */
  check(): void {
    if (this.list.length === 0) return;
    const single = new Map(this.list.map((problem) => [`${problem.where}\n${problem.path}\n${problem.message}`, problem]));
    const files = [...new Set(this.list.map(({ where }) => fileOf(where)))];
    const order = (
      { where }: ConfigProblem,
    ): number[] => [files.indexOf(fileOf(where)), ...(position.exec(where ?? "")?.slice(1).map(Number) ?? [0, 0])];
    const sorted = [...single.values()].sort((a, b) => {
      const [x, y] = [order(a), order(b)];
      return x[0]! - y[0]! || x[1]! - y[1]! || x[2]! - y[2]!;
    });
    throw new ConfigError(sorted);
  }

  /** Notes a mistake. */
  add({ source, keys }: Place, message: string, of: "key" | "value" = "value"): void {
    const where = source.where(keys, of);
    this.list.push({ path: pathText(keys), message, ...(where === undefined ? {} : { where }) });
  }

  /** Notes mistakes in one source. */
  at(source: Source): Report {
    return (keys, message, of) => this.add({ source, keys }, message, of);
  }
}

const position = /:(\d+):(\d+)$/;

function fileOf(where: string | undefined): string | undefined {
  return where?.replace(position, "");
}

/** A value in a message: short, and never the text of a function. */
export function tell(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.length > 60 ? `${value.slice(0, 57)}…` : value);
  if (typeof value === "function") return "a function";
  if (typeof value === "symbol") return "a symbol";
  if (typeof value === "bigint") return `${value}n`;
  if (Array.isArray(value)) return "a list";
  return typeof value === "object" && value !== null ? "an object" : String(value);
}
