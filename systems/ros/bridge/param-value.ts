/** Values of params on their way to a ROS master, and back. */
import { RosError } from "../../../src/errors.ts";
import { isStruct } from "../xmlrpc/value.ts";
import { writeValue } from "../xmlrpc/write.ts";

/** The params in a value: one for each leaf, by name. */
export function leavesOf(name: string, value: unknown, found: Map<string, unknown> = new Map()): Map<string, unknown> {
  if (!isStruct(value)) {
    if (value !== undefined) found.set(name, value);
    return found;
  }
  for (const [key, inner] of Object.entries(value)) leavesOf(`${name === "/" ? "" : name}/${key}`, inner, found);
  return found;
}

/**
 * A value as a param of ROS can have it: numbers out of 32 bits become doubles where they are written.
 *
 * @throws RosError when it cannot be, or would break those who read it
 */
export function toRos(value: unknown): unknown {
  switch (typeof value) {
    case "string":
    case "boolean":
    case "number":
      return value;
    case "bigint":
      if (value >= BigInt(Number.MIN_SAFE_INTEGER) && value <= BigInt(Number.MAX_SAFE_INTEGER)) return Number(value);
      throw new RosError(`a param of ROS is exact up to 2^53, and ${value}n is beyond`);
    case "object":
      if (value === null) break;
      if (Array.isArray(value)) return value.map(toRos);
      if (isBinary(value)) throw new RosError("binary values break rosparam get; give a list of numbers, or a text");
      if (value instanceof Date) throw new RosError("dates break rosparam get; give the ms since the epoch, or a text");
      if (ArrayBuffer.isView(value)) return [...(value as unknown as Iterable<number | bigint>)].map(toRos);
      if (isStruct(value)) return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, toRos(inner)]));
  }
  const what = value === null ? "null" : typeof value === "object" ? `a ${value.constructor.name}` : typeof value;
  throw new RosError(`a param of ROS cannot be ${what}`);
}

/** Text that is the same for values that are the same in ROS; undefined for what cannot be there. */
export function textOf(value: unknown): string | undefined {
  try {
    return writeValue(value instanceof Date || (typeof value === "object" && value !== null && isBinary(value)) ? value : toRos(value));
  } catch {
    return undefined;
  }
}

function isBinary(value: object): boolean {
  return value instanceof Uint8Array || value instanceof ArrayBuffer || value instanceof DataView;
}
