import { Copier } from "../../src/value/shape.ts";

/** Whether a value could be sent as it is: it is in canonical form. */
export function isCanonical(value: unknown): boolean {
  try {
    new Copier("test").copy(value);
    return true;
  } catch {
    return false;
  }
}
