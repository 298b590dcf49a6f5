/** The components of the bodies: arrays of numbers, indexed by entity. */

/** Where a body is, in m. */
export const Position = { x: new Float32Array(0), y: new Float32Array(0) };

/** How a body moves, in m/s. */
export const Velocity = { x: new Float32Array(0), y: new Float32Array(0) };

/** When the frame under way began, in ms of the engine's clock: of one entity, which the meter makes. */
export const Began: number[] = [];

/**
 * Makes room in the arrays.
 *
 * @param ids the largest entity id that will be used, and one
 */
export function reserve(ids: number): void {
  for (const component of [Position, Velocity]) {
    for (const key of ["x", "y"] as const) {
      if (component[key].length >= ids) continue;
      const grown = new Float32Array(ids);
      grown.set(component[key]);
      component[key] = grown;
    }
  }
}
