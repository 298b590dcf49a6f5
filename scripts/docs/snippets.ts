import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** What a fence asks for: `types` checks the types, `run` also runs it, `file` only lays it beside the others. */
export type Use = "types" | "run" | "file";

/** One fence of a page or of a docstring. */
export interface Snippet {
  /** The page or source file it stands in, with forward slashes. */
  readonly source: string;
  /** The line of its first line of code, from 1. */
  readonly line: number;
  readonly language: "ts" | "sh" | "data";
  readonly use: Use;
  /** The name that it gives itself, by `// NAME` or `# NAME` in its first line or by `file=NAME` behind the fence. */
  readonly file: string | undefined;
  readonly code: string;
}

/** A fence that breaks the convention. */
export interface BadFence {
  readonly source: string;
  readonly line: number;
  readonly problem: string;
}

const flags = new Set(["no-run", "run"]);

function fencesIn(text: string, source: string, firstLine: number): { snippets: Snippet[]; bad: BadFence[] } {
  const snippets: Snippet[] = [];
  const bad: BadFence[] = [];
  const lines = text.split("\n");
  for (let at = 0; at < lines.length; at++) {
    const open = /^(\s*)(`{3,})(\w*)\s*(.*)$/.exec(lines[at] ?? "");
    if (open === null) continue;
    const [, indent = "", ticks = "```", language = "", rest = ""] = open;
    const start = at + 1;
    at = start;
    while (at < lines.length && (lines[at] ?? "").trim() !== ticks) at++;
    const code = lines.slice(start, at).map((line) => (line.startsWith(indent) ? line.slice(indent.length) : line)).join("\n");
    const words = rest.split(/\s+/).filter((word) => word !== "");
    const named = words.find((word) => word.startsWith("file="))?.slice(5) ??
      /^(?:\/\/|#) ([\w./-]+\.\w+)$/.exec(code.split("\n")[0] ?? "")?.[1];
    const unknown = words.filter((word) => !flags.has(word) && !word.startsWith("file="));
    const at1 = { source, line: firstLine + start, file: named, code };
    if (unknown.length > 0 && ["ts", "sh"].includes(language)) {
      bad.push({
        ...at1,
        problem: `unknown word behind the fence: ${unknown.join(" ")}; there are no-run (for ts), run (for sh), file=NAME`,
      });
    } else if (language === "typescript" || language === "js") {
      bad.push({ ...at1, problem: `use \`\`\`ts instead of \`\`\`${language}, so that the snippet is checked` });
    } else if (language === "ts") {
      snippets.push({ ...at1, language: "ts", use: words.includes("no-run") ? "types" : "run" });
    } else if (language === "sh" && words.includes("run")) {
      snippets.push({ ...at1, language: "sh", use: "run" });
    } else if (named !== undefined && language !== "sh") {
      snippets.push({ ...at1, language: "data", use: "file" });
    }
  }
  return { snippets, bad };
}

/** The docstrings of a source file as text, each with its first line; the stars are cut off. */
function docstrings(source: string): { text: string; line: number }[] {
  return [...source.matchAll(/\/\*\*[\s\S]*?\*\//g)].map((match) => ({
    text: match[0].split("\n").map((line) => line.replace(/^\s*(?:\/\*\*|\*\/|\*) ?/, "")).join("\n"),
    line: source.slice(0, match.index).split("\n").length,
  }));
}

function filesIn(folder: string, ending: string): string[] {
  if (!existsSync(folder)) return [];
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) =>
    name.endsWith(ending) && !name.includes("node_modules")
  );
  return names.map((name) => join(folder, name).replaceAll("\\", "/")).sort();
}

/** Every page whose fences are checked. `docs/api.md` is made from the docstrings, whose fences are checked where they stand. */
function pages(): string[] {
  const top = ["README.md", "CONTRIBUTING.md"].filter((page) => existsSync(page));
  return [...top, ...filesIn("docs", ".md").filter((page) => page !== "docs/api.md"), ...filesIn("examples", ".md")];
}

/** The snippets of the pages and of the docstrings of `src` and `systems`, by source. */
export function collect(): { bySource: Map<string, Snippet[]>; bad: BadFence[] } {
  const bySource = new Map<string, Snippet[]>();
  const bad: BadFence[] = [];
  const add = (source: string, found: ReturnType<typeof fencesIn>): void => {
    bad.push(...found.bad);
    if (found.snippets.length > 0) bySource.set(source, [...(bySource.get(source) ?? []), ...found.snippets]);
  };
  for (const page of pages()) add(page, fencesIn(readFileSync(page, "utf8"), page, 1));
  for (const file of [...filesIn("src", ".ts"), ...filesIn("systems", ".ts")]) {
    for (const { text, line } of docstrings(readFileSync(file, "utf8"))) add(file, fencesIn(text, file, line));
  }
  return { bySource, bad };
}
