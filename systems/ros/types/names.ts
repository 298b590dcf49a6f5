/** Names that mean something else in TypeScript, or that what is written uses. */
const taken = new Set(
  ("Array Boolean Date Error Function Map Number Object Promise Proxy Record RegExp RosTime Set String Symbol Int8Array Uint8Array " +
    "Int16Array Uint16Array Int32Array Uint32Array Float32Array Float64Array BigInt64Array BigUint64Array").split(" "),
);

/**
 * Names for TypeScript: those of ROS without their package, but for those that several have, and that mean something else: these have
 * their package in front.
 *
 * @param names such as `geometry_msgs/Twist`
 */
export function typeNames(names: readonly string[]): ReadonlyMap<string, string> {
  const plain = (name: string): string => name.slice(name.indexOf("/") + 1);
  const counts = new Map<string, number>();
  for (const name of names) counts.set(plain(name), (counts.get(plain(name)) ?? 0) + 1);
  const found = new Map<string, string>();
  const used = new Set<string>();
  for (const name of names) {
    const base = plain(name);
    const isPlain = counts.get(base) === 1 && !taken.has(base) && /^[A-Z]/.test(base);
    let own = isPlain ? base : `${name.slice(0, name.indexOf("/")).split("_").map(capital).join("")}${capital(base)}`;
    while (used.has(own) || (!isPlain && counts.has(own))) own += "_";
    used.add(own);
    found.set(name, own);
  }
  return found;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
