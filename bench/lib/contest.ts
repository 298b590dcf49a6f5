import { type Absent, absent, type Budget, type Figure, type Figures } from "./question.ts";
import { figure } from "./stats.ts";

/** One who takes part in a contest of processes. */
export interface Entrant {
  /** One round; the values by variant. */
  run(): Promise<Record<string, number>>;
  /** Takes everything down again. */
  close?(): unknown;
}

/** Sets an entrant up, or says why it cannot take part. */
export type Enter = () => Entrant | Absent | Promise<Entrant | Absent>;

/** Who takes part. */
export interface Entrants {
  us: Enter;
  floor?: Enter;
  peers?: Record<string, Enter>;
}

/**
 * The figures of those whose work is done in processes or threads of their own, which measure themselves.
 *
 * All are there from the beginning and take turns as in `race`; the first rounds do not count.
 *
 * @param variants the keys of what a round gives
 */
export async function contest(
  { us, floor, peers = {} }: Entrants,
  variants: readonly string[],
  { quick }: Budget,
  better: "lower" | "higher" = "lower",
  { warm = 2, rounds = 9 }: { warm?: number; rounds?: number } = {},
): Promise<Record<string, Figures>> {
  const found = new Map<string, Absent>();
  const running: {
    name: string;
    entrant: Entrant;
    values: Record<string, number>[];
  }[] = [];
  const fail = (name: string, error: unknown): void => void found.set(name, absent(`failed: ${String(error)}`));
  for (
    const [name, enter] of Object.entries({
      us,
      ...(floor === undefined ? {} : { floor }),
      ...peers,
    })
  ) {
    try {
      const entrant = await enter();
      if ("absent" in entrant) found.set(name, entrant);
      else running.push({ name, entrant, values: [] });
    } catch (error) {
      fail(name, error);
    }
  }
  const [idle, counting] = quick ? [Math.min(warm, 1), Math.min(rounds, 3)] : [warm, rounds];
  for (let round = -idle; round < counting; round++) {
    for (let turn = 0; turn < running.length; turn++) {
      const { name, entrant, values } = running[(Math.max(round, 0) + turn) % running.length];
      if (found.has(name)) continue;
      try {
        const value = await entrant.run();
        if (round >= 0) values.push(value);
      } catch (error) {
        fail(name, error);
      }
    }
  }
  for (const { entrant } of running) await entrant.close?.();
  if (floor === undefined) found.set("floor", absent("there is none"));
  const of = (name: string, variant: string): Figure | Absent => {
    const all = running.find((one) => one.name === name)?.values ?? [];
    return found.get(name) ??
      figure(all.map((values) => values[variant]), better);
  };
  return Object.fromEntries(variants.map((variant) => [variant, {
    us: of("us", variant),
    floor: of("floor", variant),
    peers: Object.fromEntries(
      Object.keys(peers).map((name) => [name, of(name, variant)]),
    ),
  }]));
}
