import { configureSync, getAnsiColorFormatter, getJsonLinesFormatter, getTextFormatter, type TextFormatter } from "@logtape/logtape";
import type { LogConfig } from "../config/define.ts";

const text = {
  timestamp: "time",
  timeZone: null,
  level: "ABBR",
  value: "bare",
  category: (category: readonly string[]): string => category.slice(1).join("/") || category.join("/"),
} as const;

/** Shows what is logged on stderr, because a node may draw on stdout. */
export function showLogs({ level = "info", nodes = {}, format = "text" }: LogConfig): void {
  const toText = format === "json" ? getJsonLinesFormatter({ categorySeparator: (category) => [...category] }) : textFormatter();
  configureSync({
    reset: true,
    sinks: { stderr: (record) => void process.stderr.write(toText(record)) },
    loggers: [
      { category: ["logtape", "meta"], sinks: ["stderr"], lowestLevel: "warning" },
      { category: ["pyros"], sinks: ["stderr"], lowestLevel: level },
      ...Object.entries(nodes).map(([node, lowestLevel]) => ({
        category: ["pyros", node],
        sinks: ["stderr" as const],
        parentSinks: "override" as const,
        lowestLevel,
      })),
    ],
  });
}

function textFormatter(): TextFormatter {
  const colors = process.stderr.isTTY && !process.env.NO_COLOR;
  return colors
    ? getAnsiColorFormatter(text)
    : getTextFormatter({ ...text, format: ({ timestamp, level, category, message }) => `${timestamp} ${level} ${category}: ${message}` });
}
