/** Dates in messages: what is written for one, and the Date of what was read; undefined where it is none that a Date holds. */

/** The first ms of year 1 and the last of year 9999, since 1970. */
const [FIRST, LAST] = [-62_135_596_800_000, 253_402_300_799_999];

const RFC_3339 = /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,30})?([Zz]|[+-]\d\d:\d\d)$/;

/** Whether seconds since 1970 hold the time: it is of a year that every language knows, and as a float they are exact to the ms. */
export function isUsualTime(time: number): boolean {
  return time >= FIRST && time <= LAST;
}

/** Any other time as an extended time of RFC 9581: whole seconds since 1970 under 1, ms under -3; or NaN under 1. */
export function partsOfTime(time: number): ReadonlyMap<number, number> {
  const seconds = Math.floor(time / 1000);
  return new Map(Number.isNaN(time) ? [[1, NaN]] : [[1, seconds], [-3, time - seconds * 1000]]);
}

/** The Date at that many ms since 1970; NaN is the invalid one. */
function dateAt(time: number): Date | undefined {
  const date = new Date(time);
  return Number.isNaN(date.getTime()) && !Number.isNaN(time) ? undefined : date;
}

/** The Date at that many seconds since 1970. */
export function dateAtSeconds(seconds: unknown): Date | undefined {
  return typeof seconds === "number" ? dateAt(Math.round(seconds * 1000)) : undefined;
}

/** The Date of an extended time, as far as we write it. */
export function dateOfParts(parts: ReadonlyMap<unknown, unknown>): Date | undefined {
  const seconds = parts.get(1);
  if (parts.size === 1) return dateAtSeconds(seconds);
  const ms = parts.get(-3);
  return parts.size === 2 && typeof seconds === "number" && typeof ms === "number" ? dateAt(seconds * 1000 + ms) : undefined;
}

/** The Date of a text such as `2026-01-31T12:00:00.5+01:00`. */
export function dateOfText(text: string): Date | undefined {
  const date = new Date(RFC_3339.test(text) ? text.toUpperCase() : NaN);
  return Number.isNaN(date.getTime()) ? undefined : date;
}
