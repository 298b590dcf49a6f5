/** What bounds a message, on the way out as on the way in: what one side encodes, the other decodes. */
import { MAX_DEPTH, MAX_PARTS } from "../value/trail.ts";

/** Levels that a message may have: those of a value, and what an envelope and a batch put around it. */
export const MAX_LEVELS: number = MAX_DEPTH + 16;

/** Objects that a message may have: plain objects, arrays, Maps, Sets, errors, Dates, and buffers and views. */
export const MAX_OBJECTS: number = MAX_PARTS + (1 << 16);

/** Objects as which a buffer or a view counts, because the smallest takes some hundred bytes of memory. */
export const BINARY_WEIGHT = 4;

/** Bytes from which on a buffer or a view travels as a part of its own. */
export const PART_BYTES: number = 16 * 1024;

/** The problem of a value that is nested too deep. */
export const TOO_DEEP: string = `it is nested deeper than ${MAX_LEVELS} levels`;

/** The problem of a value of too many objects. */
export const TOO_MANY: string = `it has more than ${MAX_OBJECTS} objects`;
