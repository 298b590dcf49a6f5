import type { RosTime } from "../message/unfit.ts";

/** A moment as messages have it. @param ms from 0 */
export function toRosTime(ms: number): RosTime {
  const sec = Math.floor(ms / 1000);
  const nsec = Math.round((ms - sec * 1000) * 1_000_000);
  return nsec === 1_000_000_000 ? { sec: sec + 1, nsec: 0 } : { sec, nsec };
}

/** A moment of messages, in ms. */
export function fromRosTime({ sec, nsec }: RosTime): number {
  return sec * 1000 + nsec / 1_000_000;
}
