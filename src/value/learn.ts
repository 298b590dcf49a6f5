/** What a stream, service or param has carried so far: the shape that the next value most likely has too. */

/** Kinds of primitives, as bits. */
export const PRIMITIVE = { number: 1, string: 2, boolean: 4, undefined: 8, null: 16, bigint: 32 } as const;

/** All that has been seen at one place of a value. */
export interface Shape {
  /** The primitives seen, bits of {@link PRIMITIVE}. */
  primitives: number;
  /** The plain objects seen, one entry for each list of keys, in its order. */
  objects: ObjectShape[];
  /** What the elements of arrays were, where there were arrays. */
  items: Shape | undefined;
  /** Whether something else was seen: a Map, a typed array, or objects of too many shapes. */
  other: boolean;
}

/** A plain object with exactly these keys. */
export interface ObjectShape {
  keys: string[];
  values: Shape[];
}

/** A shape that may still grow; `places` bounds it. */
export interface Lesson {
  shape: Shape;
  places: number;
}

/** Lists of keys that are told apart at one place; beyond, all of its objects take the checked walk. */
const MAX_ALTERNATIVES = 4;
const MAX_KEYS = 128;
const MAX_PLACES = 512;
const MAX_LEVELS = 24;

/** A lesson that has seen nothing yet. */
export function newLesson(): Lesson {
  return { shape: newShape(), places: 1 };
}

function newShape(): Shape {
  return { primitives: 0, objects: [], items: undefined, other: false };
}

/** Widens the lesson until `value`, which must be canonical, fits it; returns whether anything was new. */
export function widen(lesson: Lesson, value: unknown): boolean {
  return widenShape(lesson, lesson.shape, value, 0);
}

function widenShape(lesson: Lesson, shape: Shape, value: unknown, level: number): boolean {
  if (typeof value !== "object") return addPrimitive(shape, PRIMITIVE[typeof value as keyof typeof PRIMITIVE]);
  if (value === null) return addPrimitive(shape, PRIMITIVE.null);
  if (Array.isArray(value)) return widenItems(lesson, shape, value, level);
  if (Object.getPrototypeOf(value) === Object.prototype) return widenObject(lesson, shape, value as Record<string, unknown>, level);
  return addOther(shape);
}

function addPrimitive(shape: Shape, bit: number): boolean {
  if ((shape.primitives & bit) !== 0) return false;
  shape.primitives |= bit;
  return true;
}

/** From here on everything but primitives takes the checked walk at this place. */
function addOther(shape: Shape): boolean {
  if (shape.other) return false;
  shape.other = true;
  return true;
}

function widenItems(lesson: Lesson, shape: Shape, value: unknown[], level: number): boolean {
  let isNew = false;
  if (shape.items === undefined) {
    if (level >= MAX_LEVELS || lesson.places >= MAX_PLACES) return addOther(shape);
    lesson.places++;
    shape.items = newShape();
    isNew = true;
  }
  for (const item of value) isNew = widenShape(lesson, shape.items, item, level + 1) || isNew;
  return isNew;
}

function widenObject(lesson: Lesson, shape: Shape, value: Record<string, unknown>, level: number): boolean {
  let isNew = false;
  let known = findObject(shape.objects, value);
  if (known === undefined) {
    if (shape.other) return false;
    const keys = Object.keys(value);
    if (
      shape.objects.length >= MAX_ALTERNATIVES ||
      level >= MAX_LEVELS ||
      keys.length > MAX_KEYS ||
      lesson.places + keys.length > MAX_PLACES
    ) {
      shape.objects = [];
      return addOther(shape);
    }
    lesson.places += keys.length;
    known = { keys, values: keys.map(newShape) };
    shape.objects.push(known);
    isNew = true;
  }
  const { keys, values } = known;
  for (let i = 0; i < keys.length; i++) isNew = widenShape(lesson, values[i], value[keys[i]], level + 1) || isNew;
  return isNew;
}

function findObject(objects: ObjectShape[], value: object): ObjectShape | undefined {
  if (objects.length === 0) return undefined;
  const keys = Object.keys(value);
  return objects.find((known) => known.keys.length === keys.length && known.keys.every((key, i) => key === keys[i]));
}
