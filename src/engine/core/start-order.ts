/** Something that is to be started, and the names of what it calls. */
export interface Startable {
  readonly name: string;
  readonly needs: readonly string[];
}

/**
 * Groups what is to be started: whoever is called starts in an earlier group than its callers. Those that call one another in a circle start together.
 *
 * @param items what is to be started
 * @returns the groups, in their order; names that are not among the items are ignored
 */
export function startGroups<T extends Startable>(items: readonly T[]): T[][] {
  const waiting = new Map(items.map((item) => [item.name, item]));
  const groups: T[][] = [];
  while (waiting.size > 0) {
    let group = [...waiting.values()].filter((item) => !item.needs.some((need) => need !== item.name && waiting.has(need)));
    if (group.length === 0) group = circle(waiting);
    for (const item of group) waiting.delete(item.name);
    groups.push(group);
  }
  return groups;
}

/** A circle that waits for nothing outside itself: what the first item reaches that reaches the fewest. */
function circle<T extends Startable>(waiting: ReadonlyMap<string, T>): T[] {
  let smallest: T[] | undefined;
  for (const item of waiting.values()) {
    const reached = new Set<T>();
    const open = [item];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      if (reached.has(next)) continue;
      reached.add(next);
      for (const need of next.needs) if (waiting.has(need)) open.push(waiting.get(need)!);
    }
    if (smallest === undefined || reached.size < smallest.length) smallest = [...reached];
  }
  return smallest!;
}
