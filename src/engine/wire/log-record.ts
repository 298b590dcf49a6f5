import type { LogLevel } from "@logtape/logtape";

/** The least severe level of each logger that somebody wants, by the loggers' names; null for none. */
export type LogLevels = Readonly<Record<string, LogLevel | null>>;

/** A log record on its way to the main engine: category, level, time, template, message with its values, properties. */
export type WireRecord = readonly [readonly string[], LogLevel, number, string | readonly string[], readonly unknown[], object];
