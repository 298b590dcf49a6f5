/** What every codec does: a canonical value to the parts of a message, and back. */

/** Bytes to values and back; `src/value` says which values there are. */
export interface Codec {
  /** Name in config and in the hello of links, such as `cbor`. */
  readonly name: string;
  /**
   * The parts of a message: first the encoded value; then, uncopied, its binary parts of 16 KiB and more.
   *
   * The first part is the caller's own, but may be a slice of a larger buffer of which nothing is ever written again. The
   * other parts are the memory of `value` itself, which must not change until they are sent.
   *
   * The same value gives the same bytes, with its keys in their order.
   *
   * @param value a canonical value, as `snapshot` makes it
   * @throws {ValueError} if it is not canonical, or more than any peer would decode
   */
  encode(value: unknown): Uint8Array[];
  /**
   * The value in the parts of a message: canonical, and with memory of its own.
   *
   * What stands in the first part is copied out of it. Another part is used as it is if it covers its whole `ArrayBuffer`,
   * and copied once if it does not; so the caller gives those parts away.
   *
   * @throws {CodecError} for bytes that are not one well-formed value within the limits
   */
  decode(parts: readonly Uint8Array[]): unknown;
  /** A batch of its own memory; it may be used again after each `finish`. */
  batch(): Batch;
}

/** Values that are encoded one by one, and become the parts of one message: an array of them. */
export interface Batch {
  /** Values added since the last `finish`. */
  readonly length: number;
  /** Bytes of the parts, should it be finished now, to within 16. */
  readonly bytes: number;
  /**
   * Adds a value; after an error the batch is what it was before.
   *
   * @throws {ValueError} as `encode` does, or if the batch would become more than any peer would decode
   */
  add(value: unknown): void;
  /** The message, as if an array of all values had been encoded; the batch is empty again. */
  finish(): Uint8Array[];
}
