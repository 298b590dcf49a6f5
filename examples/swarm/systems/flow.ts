import type { Formation } from "../types.ts";

/** A direction: the way a body at some place is to go, of length 1 or less. */
export interface Way {
  x: number;
  y: number;
}

/**
 * The shapes are curves f(x, y) = 0. A body circles along the curve, across the slope of f, and is drawn to it, down the slope.
 *
 * Only + - * / and the square root are used, so that every runtime computes the same.
 */
const curves: Record<Exclude<Formation, "flock">, { size: number; slope(x: number, y: number, out: Way): number }> = {
  ring: {
    size: 38,
    slope(x, y, out) {
      out.x = 2 * x;
      out.y = 2 * y;
      return x * x + y * y - 1;
    },
  },
  eight: {
    size: 62,
    slope(x, y, out) {
      const r2 = x * x + y * y;
      out.x = 4 * x * r2 - 2 * x;
      out.y = 4 * y * r2 + 2 * y;
      return r2 * r2 - (x * x - y * y);
    },
  },
  heart: {
    size: 34,
    slope(x, down, out) {
      const y = 0.15 - down;
      const a = x * x + y * y - 1;
      const y2 = y * y;
      out.x = 6 * x * a * a - 2 * x * y2 * y;
      out.y = -(6 * y * a * a - 3 * x * x * y2);
      return a * a * a - x * x * y2 * y;
    },
  },
};

const most = 0.97; // of the way goes to the curve; even far from it a body circles a little
const slope: Way = { x: 0, y: 0 };

/**
 * The way that a body in formation goes.
 *
 * @param formation the shape
 * @param dx m to the right of the shape's middle
 * @param dy m below it
 * @param out gets the answer
 */
export function flow(formation: Exclude<Formation, "flock">, dx: number, dy: number, out: Way): void {
  const curve = curves[formation];
  const f = curve.slope(dx / curve.size, dy / curve.size, slope);
  const steep = Math.sqrt(slope.x * slope.x + slope.y * slope.y) + 1e-3;
  // f over its slope is about the distance from the curve, in sizes.
  const distance = f / steep;
  const pull = Math.max(-most, Math.min(most, distance * 6));
  const along = Math.sqrt(1 - pull * pull);
  out.x = (-slope.y * along - slope.x * pull) / steep;
  out.y = (slope.x * along - slope.y * pull) / steep;
}
