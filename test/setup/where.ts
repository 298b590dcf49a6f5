import { describe, it } from "vitest";

const nowhere = (): void => {};

/** `it` for what there is only in some places, such as on one runtime: elsewhere there is no such case, and none is skipped. */
export function itWhere(holds: boolean): typeof it {
  return holds ? it : (nowhere as unknown as typeof it);
}

/** The same for `describe`. */
export function describeWhere(holds: boolean): typeof describe {
  return holds ? describe : (nowhere as unknown as typeof describe);
}

const nobody = 65_534;

/** Runs something as a user whom the system may refuse it: as the one who runs the tests, or, where that is root, as nobody. */
export async function asNobody<T>(run: () => T | Promise<T>): Promise<T> {
  if (process.getuid!() !== 0) return run();
  process.seteuid!(nobody);
  try {
    return await run();
  } finally {
    process.seteuid!(0);
  }
}
