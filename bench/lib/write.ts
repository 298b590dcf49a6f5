import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { isFigure } from "./question.ts";
import { root, runtime, runtimeVersion } from "./runtime.ts";
import { markdown, markdownHead, type Row } from "./table.ts";

/**
 * Writes the figures of this runtime into `bench/README.md`, between their markers; those of other questions stay.
 *
 * @param order the ids of all questions
 */
export function writeReadme(rows: readonly Row[], order: readonly string[]): void {
  const file = join(root, "bench/README.md");
  const before = readFileSync(file, "utf8");
  const [from, to] = [`<!-- figures:${runtime} -->`, `<!-- end:${runtime} -->`];
  const [start, stop] = [before.indexOf(from), before.indexOf(to)];
  if (start < 0 || stop < start) {
    throw new Error(`bench/README.md has lost its markers ${from} and ${to}`);
  }
  const date = new Date().toISOString().slice(0, 10);
  const table = new Map([...written(before.slice(start, stop)), ...markdown(rows, `${commit()}, ${date}`)]);
  const lines = order.flatMap((id) => table.get(id) ?? []).join("\n");
  const heading = `${runtimeVersion}, ${cpus().length} shared cores.`;
  writeFileSync(file, `${before.slice(0, start)}${from}\n${heading}\n\n${markdownHead}\n${lines}\n${before.slice(stop)}`);
}

/** The rows that stand there, by question. */
function written(text: string): Map<string, string[]> {
  const table = new Map<string, string[]>();
  for (const line of text.split("\n")) {
    const id = /^\| `([^`]+)` \|/.exec(line)?.[1];
    if (id !== undefined) table.set(id, [...(table.get(id) ?? []), line]);
  }
  return table;
}

/** One object a variant, for programs: medians, and only of those that took part. */
export function jsonRows(rows: readonly Row[]): unknown[] {
  return rows.map(({ question, variant, figures }) => {
    const peers = Object.entries(figures.peers).flatMap(([name, value]) => (isFigure(value) ? [[name, value.median]] : []));
    return {
      id: question.id,
      variant: variant.name,
      runtime,
      unit: question.unit,
      us: isFigure(figures.us) ? figures.us.median : null,
      floor: isFigure(figures.floor) ? figures.floor.median : null,
      peers: Object.fromEntries(peers),
      better: question.better,
    };
  });
}

/** The commit measured, with `+` where files have changed since. */
function commit(): string {
  const git = (...args: string[]): string => spawnSync("git", args, { cwd: root, encoding: "utf8" }).stdout?.trim() ?? "";
  const id = git("rev-parse", "--short", "HEAD");
  return id ? id + (git("status", "--porcelain", "--", ".", ":!bench/README.md") ? "+" : "") : "unknown";
}
