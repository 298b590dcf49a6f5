/** Values whose memory is handed over instead of copied. */
import { ValueError } from "../errors.ts";
import { type BinaryRule, checkBuffer, isDetached, type Refuse } from "./binary.ts";
import { viewConstructor } from "./kind.ts";
import { tally } from "./size.ts";
import { Walk } from "./walk.ts";

/** A value that is handed over with all of its ArrayBuffers; made by {@link give}. */
export class Given<out T = unknown> {
  readonly #value: T;

  /** @param value the value */
  constructor(value: T) {
    this.#value = value;
  }

  /** The value, as it was given. */
  static valueOf<T>(given: Given<T>): T {
    return given.#value;
  }
}

/**
 * Marks that the ArrayBuffers in `value` are handed over when it is sent: they are detached here, and not copied.
 *
 * Every view must cover the whole of its buffer, and every buffer stand in the value once. All else is copied as usual.
 *
 * @param value the whole value that is sent, such as `{ width, height, pixels }`
 */
export function give<T>(value: T): Given<T> {
  return new Given(value);
}

/**
 * The value of `given` with the memory of all of its buffers, which are detached where they were; {@link lastBytes} tells its size.
 *
 * @param subject what the value is sent to, for messages
 * @throws {ValueError} if a part has no canonical form, or a buffer cannot be handed over; nothing is detached then
 */
export function takeGiven<T>(given: Given<T>, subject?: string): T {
  const gathered = new Gathered();
  // The first pass checks, and copies all but the buffers; it reads nothing that could change under the second.
  const value = new Walk(gathered, true).run(Given.valueOf(given), subject);
  const bytes = tally.bytes;
  if (gathered.parts.size === 0) return value as T;
  const moved = new Map<ArrayBuffer, ArrayBuffer>();
  for (const buffer of gathered.parts.keys()) moved.set(buffer, detach(buffer));
  for (const [buffer, refuse] of gathered.parts) {
    if (!isDetached(buffer)) throw new ValueError("$", `a buffer was not detached${refuse}`, { name: subject });
  }
  const taken = new Walk(replacing(moved), true).run(value, subject);
  tally.bytes = bytes;
  return taken as T;
}
