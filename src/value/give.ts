/** Values whose memory is handed over instead of copied. */
import { type BinaryRule, checkBuffer, isDetached, type Refuse } from "./binary.ts";
import { isBuffer, type TypedArray, viewConstructor } from "./kind.ts";
import { Walk } from "./walk.ts";

/** A value that is handed over with all of its ArrayBuffers; made by {@link give}. */
export class Given<out T = unknown> {
  /** The value, as it was given. */
  readonly value: T;
  /** Only for the type checker: a plain `{ value }` was not given. */
  declare private readonly given: true;

  /** @param value the value */
  constructor(value: T) {
    this.value = value;
  }
}

/** What a receiver gets of a value that was sent as it is, or by {@link give}. */
export type Received<T> = T extends Given<infer V> ? V : T;

/**
 * Marks that the ArrayBuffers in `value` are handed over when it is sent: they are detached here, and not copied.
 *
 * Every view must cover the whole of its buffer, and every buffer stand in the value once. All else is copied as usual.
 *
 * @param value the whole value that is sent, such as `{ width, height, pixels }`
 */
export function give<T>(value: T): Given<T> {
  return new Given(value);
}

/**
 * The value of `given` with the memory of its buffers, which are detached where they were; `lastBytes` tells its size.
 *
 * @param given what was handed over
 * @param subject what the value is sent to, for messages
 * @throws {ValueError} if a part has no canonical form, or a buffer cannot be handed over; nothing is detached then
 */
export function takeGiven<T>(given: Given<T>, subject?: string): T {
  const handedOver = new Set<ArrayBuffer>();
  // The first pass checks, and copies all but the buffers: nothing that the second one reads can change or refuse any more.
  const checked = new Walk(gathering(handedOver), true).run(given.value, subject);
  const moved = new Map<ArrayBuffer, ArrayBuffer>();
  for (const buffer of handedOver) moved.set(buffer, detach(buffer));
  return new Walk(replacing(moved), true).run(checked, subject) as T;
}

function gathering(found: Set<ArrayBuffer>): BinaryRule {
  const gather = (buffer: ArrayBuffer, refuse: Refuse): void => {
    checkBuffer(buffer, refuse);
    if (found.has(buffer)) refuse("the same ArrayBuffer cannot be given twice; send a copy of one of the two");
    if (!isDetachable(buffer)) refuse("this ArrayBuffer cannot be given, since it cannot be detached from its owner; send a copy");
    found.add(buffer);
  };
  const gatherView = <V extends TypedArray | DataView>(view: V, refuse: Refuse): V => {
    if (view.byteLength !== view.buffer.byteLength) {
      const what = isBuffer(view) ? "a pooled or partial Buffer" : "a view of a part of its ArrayBuffer";
      refuse(`${what} cannot be given, since the rest of its memory belongs to others; give a copy of the range`);
    }
    gather(view.buffer as ArrayBuffer, refuse);
    return view;
  };
  return {
    buffer(source, refuse) {
      gather(source, refuse);
      return source;
    },
    view(source, refuse) {
      checkBuffer(source.buffer, refuse);
      return gatherView(source, refuse);
    },
    dataView(source, refuse) {
      checkBuffer(source.buffer, refuse);
      return gatherView(source, refuse);
    },
  };
}

function replacing(moved: ReadonlyMap<ArrayBufferLike, ArrayBuffer>): BinaryRule {
  return {
    buffer: (source) => moved.get(source)!,
    view: (source) => new (viewConstructor(source))(moved.get(source.buffer)!),
    dataView: (source) => new DataView(moved.get(source.buffer)!),
  };
}

/** `ArrayBuffer.prototype.transfer`; Node 20 does not have it. */
const transfer = (ArrayBuffer.prototype as { transfer?: (this: ArrayBuffer, length?: number) => ArrayBuffer }).transfer;

/** Whether `buffer` can be detached, found out without doing so: pools of Node and memories of WebAssembly cannot. */
function isDetachable(buffer: ArrayBuffer): boolean {
  try {
    // Both ask for the impossible, and look first at whether the buffer could be detached at all.
    if (transfer !== undefined) transfer.call(buffer, Number.MAX_SAFE_INTEGER);
    else structuredClone(null, { transfer: [buffer, buffer] });
    return false;
  } catch (error) {
    return transfer === undefined || error instanceof RangeError;
  }
}

function detach(buffer: ArrayBuffer): ArrayBuffer {
  const moved = transfer !== undefined ? transfer.call(buffer) : structuredClone(buffer, { transfer: [buffer] });
  if (!isDetached(buffer)) throw new Error("an ArrayBuffer that could be detached was not; please report this");
  return moved;
}
