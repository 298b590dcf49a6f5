/** The numbers of the tags of CBOR that stand for a kind of value; those of buffers and views stand in `binary.ts`. */

export const TAG = {
  /** Text of a time, as RFC 3339 has it: read, never written. */
  timeText: 0,
  /** Seconds since 1970. */
  time: 1,
  /** A bigint from 0, as bytes. */
  bigint: 2,
  /** A bigint below 0: -1 less the one in the bytes. */
  negativeBigint: 3,
  /** An array, whose items are those of a Set. */
  set: 258,
  /** A map, whose keys and values are those of a Map. */
  map: 259,
  /** Seconds since 1970, and milliseconds beside them. */
  extendedTime: 1001,
  /** "Pyr" and 3: a map of texts and parts of an error. */
  error: 0x50797203,
  /** "Pyr" and 4: tag of a kind, and the index of the part of the message that has the bytes. */
  part: 0x50797204,
} as const;
