import { judge, short, type Verdict } from "./limits.ts";
import { type Absent, type Figure, type Figures, isFigure, type Question, type Variant } from "./question.ts";

/** A variant with its figures. */
export interface Row {
  question: Question;
  variant: Variant;
  figures: Figures;
}

const cell = (value: Figure | Absent): string => (isFigure(value) ? short(value.median) : "-");
const cellWithBest = (value: Figure | Absent): string => (isFigure(value) ? `${short(value.median)} (${short(value.best)})` : "-");

/** The rows of one question for a terminal: a median with the best round in brackets, then what the limits say. */
export function text(rows: readonly Row[]): string {
  const { question } = rows[0];
  const peers = Object.keys(rows[0].figures.peers);
  const table = [["", "us", "floor", ...peers]];
  for (const { variant, figures } of rows) {
    table.push([
      variant.name,
      cellWithBest(figures.us),
      cellWithBest(figures.floor),
      ...peers.map((name) => cellWithBest(figures.peers[name])),
    ]);
  }
  const widths = table[0].map((_, column) => Math.max(...table.map((line) => line[column].length)));
  const lines = [`${question.id}: ${question.question} [${question.unit}, ${question.better} is better; floor: ${question.floor}]`];
  for (const line of table) {
    const cells = line.map((value, column) => (column === 0 ? value.padEnd(widths[0]) : value.padStart(widths[column])));
    lines.push(`  ${cells.join("   ")}`.trimEnd());
  }
  for (const { variant, figures } of rows) {
    for (const verdict of judge(question, variant, figures)) {
      lines.push(`  ${variant.name}: ${sentence(verdict)}`);
    }
  }
  lines.push(...reasons(rows).map((reason) => `  ${reason}`));
  return lines.join("\n");
}

function sentence({ says, must, aim }: Verdict): string {
  const parts = [says];
  if (must) parts.push(`must ${must.bound} ${must.holds ? "ok" : "NOT MET"}`);
  if (aim) parts.push(`aim ${aim.bound} ${aim.holds ? "ok" : "not met"}`);
  return parts.join(", ");
}

/** Why figures are missing, each reason once. */
function reasons(rows: readonly Row[]): string[] {
  const found = new Map<string, Set<string>>();
  for (const { figures } of rows) {
    for (
      const [name, value] of Object.entries({
        us: figures.us,
        floor: figures.floor,
        ...figures.peers,
      })
    ) {
      if (!isFigure(value)) {
        found.set(value.absent, (found.get(value.absent) ?? new Set()).add(name));
      }
    }
  }
  return [...found].map(([reason, names]) => `${[...names].join(", ")}: ${reason}`);
}

/** What stands above the rows of {@link markdown}. */
export const markdownHead: string = [
  "| question | variant | unit | us | floor | peers | must | aim | of |",
  "| --- | --- | --- | --- | --- | --- | --- | --- | --- |",
].join("\n");

/**
 * The rows of a Markdown table, by question.
 *
 * @param of what was measured, and when
 */
export function markdown(rows: readonly Row[], of: string): Map<string, string[]> {
  const table = new Map<string, string[]>();
  for (const { question, variant, figures } of rows) {
    const peers = Object.entries(figures.peers).map(([name, value]) => `${name} ${cell(value)}`);
    const verdicts = judge(question, variant, figures);
    const said = (kind: "must" | "aim"): string =>
      verdicts
        .flatMap((verdict) => {
          const asked = verdict[kind];
          return asked ? [`${asked.holds ? "ok" : "**no**"}: ${verdict.says} (${asked.bound})`] : [];
        })
        .join("<br>");
    const unit = `${question.unit}${question.better === "higher" ? ", higher is better" : ""}`;
    if (!table.has(question.id)) table.set(question.id, []);
    table.get(question.id)!.push(
      `| ${
        [
          `\`${question.id}\``,
          variant.name,
          unit,
          cell(figures.us),
          cell(figures.floor),
          peers.join("<br>"),
          said("must"),
          said("aim"),
          of,
        ].join(" | ")
      } |`,
    );
  }
  return table;
}

/** Whether a "must" of this row does not hold, or could not be judged for want of our own figure. */
export function fails({ question, variant, figures }: Row): boolean {
  const asked = Object.keys(variant.must ?? question.must ?? {}).length > 0;
  return (asked && !isFigure(figures.us)) || judge(question, variant, figures).some(({ must }) => must && !must.holds);
}
