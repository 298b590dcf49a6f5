import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { isFigure } from "./question.ts";
import { root, runtime, runtimeVersion } from "./runtime.ts";
import { markdown, type Row } from "./table.ts";

/** Replaces the figures of this runtime in `bench/README.md`, between their markers. */
export function writeReadme(rows: readonly Row[]): void {
  const file = join(root, "bench/README.md");
  const before = readFileSync(file, "utf8");
  const [from, to] = [`<!-- figures:${runtime} -->`, `<!-- end:${runtime} -->`];
  const [start, stop] = [before.indexOf(from), before.indexOf(to)];
  if (start < 0 || stop < start) {
    throw new Error(`bench/README.md has lost its markers ${from} and ${to}`);
  }
  const date = new Date().toISOString().slice(0, 10);
  const heading = `${runtimeVersion}, ${cpus().length} shared cores, commit ${commit()}, ${date}.`;
  writeFileSync(file, `${before.slice(0, start)}${from}\n${heading}\n\n${markdown(rows)}\n${before.slice(stop)}`);
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
