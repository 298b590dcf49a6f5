/** The checked walk through a value that is shared instead of copied. */
import { SHARED } from "./binary.ts";
import { Walk } from "./walk.ts";

const walk = new Walk(SHARED, false);

/**
 * Checks that a copy of `value` would be just like it, and leaves its size in the tally.
 *
 * @param subject what the value is sent to, for messages
 * @param above levels that the value already stands below
 * @throws {ValueError} if a copy would differ, or if a part has no canonical form
 */
export function checkShared(value: unknown, subject?: string, above: number = 0): void {
  // A Proxy's trap may share something in the middle of a check.
  (walk.busy ? new Walk(SHARED, false) : walk).run(value, subject, above);
}
