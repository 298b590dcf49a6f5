import { getLogger, isLogLevel, type LogLevel } from "@logtape/logtape";
import { kinds } from "../../peer/messages.ts";
import type { Peer } from "../../peer/peer.ts";
import { every } from "../../time/ticker.ts";
import type { LogLevels, WireRecord } from "../wire/log-record.ts";

const levels: readonly LogLevel[] = ["trace", "debug", "info", "warning", "error", "fatal"];
const interval = 1000; // ms between two looks at what is wanted: the program may configure LogTape at any time

/** What is logged in a thread or process, seen from the main engine: it tells it which levels somebody wants. */
export class LogRelay {
  readonly #peer: Peer;
  readonly #names: () => Iterable<string>;
  readonly stop: () => void;
  #told = "";

  /** @param names the nodes there */
  constructor(peer: Peer, names: () => Iterable<string>) {
    this.#peer = peer;
    this.#names = names;
    this.#tell();
    this.stop = every(interval, () => this.#tell());
  }

  #tell(): void {
    const wanted: Record<string, LogLevel | null> = {};
    for (const name of ["/", ...this.#names()]) wanted[name] = lowest(name);
    const told = JSON.stringify(wanted);
    if (told === this.#told) return;
    this.#told = told;
    this.#peer.post([kinds.tell, "log-levels", wanted satisfies LogLevels]);
  }
}

function lowest(name: string): LogLevel | null {
  const logger = getLogger(["pyros", name]);
  return levels.find((level) => logger.isEnabledFor(level)) ?? null;
}

/** Logs here what was logged there. What is no record is left alone. */
export function logHere(args: readonly unknown[]): void {
  const [category, level, timestamp, rawMessage, message, properties] = args as unknown as WireRecord;
  if (!Array.isArray(category) || !["pyros", "logtape"].includes(category[0]) || !Array.isArray(message) || !isLogLevel(level)) return;
  getLogger(category.map(String)).emit({
    level,
    timestamp: Number(timestamp),
    rawMessage: typeof rawMessage === "string" ? rawMessage : template(rawMessage),
    message,
    properties: properties as Record<string, unknown>,
  });
}

function template(strings: readonly string[]): TemplateStringsArray {
  return Object.defineProperty([...strings], "raw", { value: strings }) as unknown as TemplateStringsArray;
}
