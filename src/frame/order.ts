import { SystemError } from "../errors.ts";
import { nearest } from "../graph/names.ts";
import { type FrameSystem, stages } from "./stages.ts";

/** Two systems of one stage whose order nothing decides, although they touch the same component and one of them changes it. */
export interface Ambiguity {
  /** The one that runs first, by the order in which they were added. */
  readonly first: string;
  /** The one that runs after it. */
  readonly second: string;
  /** The stage of both. */
  readonly stage: string;
}

/** The systems in the order in which they run, and what is undecided about it. */
export interface FrameOrder {
  readonly systems: readonly FrameSystem[];
  readonly ambiguous: readonly Ambiguity[];
}

/**
 * Puts systems into order: by stage, then by `before` and `after`, then as they were added.
 *
 * @param systems in the order in which they were added
 * @returns the order, and a report of what it leaves undecided
 * @throws SystemError when a name is unknown or taken twice, a stage is unknown, or the order is circular
 */
export function orderSystems(systems: readonly FrameSystem[]): FrameOrder {
  const byName = new Map<string, FrameSystem>();
  for (const system of systems) {
    if (byName.has(system.name)) throw new SystemError(`two systems have the name ${system.name}`, { name: system.name });
    if (!stages.includes(system.stage)) {
      throw new SystemError(`system ${system.name} has the stage ${JSON.stringify(system.stage)}; it must be one of ${stages.join(", ")}`, {
        name: system.name,
      });
    }
    byName.set(system.name, system);
  }
  const followers = new Map<FrameSystem, Set<FrameSystem>>(systems.map((s) => [s, new Set()]));
  const link = (system: FrameSystem, other: string, word: "before" | "after") => {
    const found = byName.get(other);
    if (found === undefined) {
      const near = nearest(other, byName.keys());
      throw new SystemError(
        `system ${system.name} is to run ${word} ${other}, which does not exist${near === undefined ? "" : `; did you mean ${near}?`}`,
        { name: system.name },
      );
    }
    if (found.stage !== system.stage) {
      const apart = stages.indexOf(system.stage) - stages.indexOf(found.stage);
      if (word === "before" ? apart < 0 : apart > 0) return; // the stages see to it
      throw new SystemError(`system ${system.name} (stage ${system.stage}) cannot run ${word} ${other} (stage ${found.stage})`, {
        name: system.name,
      });
    }
    if (word === "before") followers.get(system)!.add(found);
    else followers.get(found)!.add(system);
  };
  for (const system of systems) {
    for (const other of system.before ?? []) link(system, other, "before");
    for (const other of system.after ?? []) link(system, other, "after");
  }
  const ordered: FrameSystem[] = [];
  const ambiguous: Ambiguity[] = [];
  for (const stage of stages) {
    const here = systems.filter((s) => s.stage === stage);
    ordered.push(...sortStage(here, followers));
    ambiguous.push(...undecided(here, followers));
  }
  return { systems: ordered, ambiguous };
}

function sortStage(systems: readonly FrameSystem[], followers: ReadonlyMap<FrameSystem, ReadonlySet<FrameSystem>>): FrameSystem[] {
  const waiting = new Set(systems);
  const sorted: FrameSystem[] = [];
  while (waiting.size > 0) {
    const next = [...waiting].find((s) => ![...waiting].some((other) => followers.get(other)!.has(s)));
    if (next === undefined) {
      const names = [...waiting].map((s) => s.name).join(", ");
      throw new SystemError(`the order of the systems ${names} is circular: each is to run before another of them`);
    }
    waiting.delete(next);
    sorted.push(next);
  }
  return sorted;
}

function undecided(systems: readonly FrameSystem[], followers: ReadonlyMap<FrameSystem, ReadonlySet<FrameSystem>>): Ambiguity[] {
  const found: Ambiguity[] = [];
  for (const [i, first] of systems.entries()) {
    for (const second of systems.slice(i + 1)) {
      if (!conflict(first, second) || reaches(first, second, followers) || reaches(second, first, followers)) continue;
      found.push({ first: first.name, second: second.name, stage: first.stage });
    }
  }
  return found;
}

function conflict(a: FrameSystem, b: FrameSystem): boolean {
  const touches = (s: FrameSystem, component: object) => s.writes?.includes(component) === true || s.reads?.includes(component) === true;
  return (a.writes ?? []).some((c) => touches(b, c)) || (b.writes ?? []).some((c) => touches(a, c));
}

function reaches(from: FrameSystem, to: FrameSystem, followers: ReadonlyMap<FrameSystem, ReadonlySet<FrameSystem>>): boolean {
  const seen = new Set<FrameSystem>();
  const open = [from];
  for (let s = open.pop(); s !== undefined; s = open.pop()) {
    if (s === to) return true;
    if (seen.has(s)) continue;
    seen.add(s);
    open.push(...followers.get(s)!);
  }
  return false;
}
