/** Odd values for the places of an envelope. */
const odd: readonly unknown[] = [
  undefined,
  null,
  0,
  -1,
  1e9,
  2 ** 53,
  NaN,
  "",
  "/",
  "/a/b",
  "/main",
  "x".repeat(300),
  [],
  [[]],
  {},
  { length: 1e9 },
  { constructor: 1 },
  true,
  5n,
  new Uint8Array(3),
  new Date(NaN),
  new Map([["a", 1]]),
  new Error("odd"),
];

/**
 * Changes a decoded batch in a few places: kinds, numbers, names, and whole envelopes; the result can still be encoded.
 *
 * @param next a whole number from 0 that is below its argument
 */
export function change(batch: readonly unknown[], next: (below: number) => number): unknown[] {
  let changed = [...batch];
  for (let n = next(3) + 1; n > 0; n--) {
    const at = next(changed.length);
    switch (next(6)) {
      case 0:
        changed[at] = odd[next(odd.length)];
        break;
      case 1:
        changed.splice(at, 1);
        break;
      case 2:
        changed.push(changed[at]);
        break;
      case 3:
        changed = [...changed].reverse();
        break;
      default:
        changed[at] = inside(changed[at], next);
    }
  }
  return changed;
}

function inside(value: unknown, next: (below: number) => number): unknown {
  if (!Array.isArray(value) || value.length === 0) {
    return typeof value === "number" && next(2) === 0 ? next(26) : odd[next(odd.length)];
  }
  const changed = [...(value as unknown[])];
  const at = next(changed.length);
  if (next(8) === 0) changed.splice(at, 1);
  else changed[at] = inside(changed[at], next);
  return changed;
}
