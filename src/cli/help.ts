import type { Verb } from "./verb.ts";

/** The help of all verbs. */
export function helpText(verbs: readonly Verb[]): string {
  const lines = ["pyros: runs graphs of nodes", "", "Usage: pyros <command> [config] [options] [-- arguments of the config]", ""];
  for (const { name, about, options, words = ["[config]"] } of verbs) {
    lines.push(`  pyros ${name} ${words.join(" ")}`.padEnd(30) + about);
    for (const [option, { value, about }] of Object.entries(options)) {
      lines.push(`      --${option}${value === undefined ? "" : ` ${value}`}`.padEnd(30) + about);
    }
    lines.push("");
  }
  lines.push("  pyros help".padEnd(30) + "Print this.", "  pyros --version".padEnd(30) + "Print the version.", "");
  lines.push("A config is a file or a folder with one in it; by default, pyros.config.ts, .js, .mjs, .json, .yaml or .yml of this folder.");
  lines.push("Exit codes: 0 done, 1 a node failed, 2 a mistake in the config or on the command line, 130 interrupted by force.");
  return lines.join("\n");
}
