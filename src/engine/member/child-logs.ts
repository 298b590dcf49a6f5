import { configureSync, type LogRecord } from "@logtape/logtape";
import { kinds } from "../../peer/messages.ts";
import type { Peer } from "../../peer/peer.ts";
import { snapshot } from "../../value/copy.ts";
import type { LogLevels, WireRecord } from "../wire/log-record.ts";

/** What is logged in a thread or process: it goes to the main engine, whose program decides what becomes of it. */
export class ChildLogs {
  readonly #main: Peer;
  #dropped = 0;

  /** @param main the main engine */
  constructor(main: Peer) {
    this.#main = main;
  }

  /** Sends what is wanted there from now on. */
  configure(levels: LogLevels): void {
    const own = Object.entries(levels).map(([name, lowestLevel]) => ({
      category: ["pyros", name],
      sinks: ["main"],
      parentSinks: "override" as const,
      lowestLevel,
    }));
    configureSync({
      reset: true,
      sinks: { main: (record) => this.#send(record) },
      loggers: [{ category: ["logtape", "meta"], sinks: ["main"], lowestLevel: "warning" }, ...own],
    });
  }

  #send({ category, level, timestamp, rawMessage, message, properties }: LogRecord): void {
    if (this.#main.behind) {
      this.#dropped++; // a link that is behind must not fill memory
      return;
    }
    if (this.#dropped > 0) this.#tellDropped(timestamp);
    const template = typeof rawMessage === "string" ? rawMessage : [...rawMessage];
    this.#post([[...category], level, timestamp, template, message.map(portable), portableAll(properties)]);
  }

  #tellDropped(timestamp: number): void {
    const dropped = this.#dropped;
    this.#dropped = 0;
    const message = ["", dropped, " log records were dropped: the link to the main engine was behind"];
    this.#post([["pyros", "/"], "warning", timestamp, `{dropped}${String(message[2])}`, message, { dropped }]);
  }

  #post(record: WireRecord): void {
    try {
      this.#main.post([kinds.tell, "log", ...record]);
    } catch {
      this.#dropped++; // it is more than a message can hold
    }
  }
}

function portableAll(properties: Record<string, unknown>): object {
  return Object.fromEntries(Object.entries(properties).map(([key, value]) => [key, portable(value)]));
}

/** A value that can travel: itself, or what it is as a text. */
function portable(value: unknown): unknown {
  try {
    return snapshot(value);
  } catch {
    try {
      return String(value);
    } catch {
      return "a value that no text can tell";
    }
  }
}
