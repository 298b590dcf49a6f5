/** What is sent in the questions about placement: 64 bytes in our codec, and about as many in others. */
export interface Message {
  id: number;
  x: number;
  y: number;
  z: number;
  u: number;
  v: number;
}

/** A message that is not like the one before. */
export const message = (id: number): Message => ({
  id: 70_000 + id,
  x: id + 0.1,
  y: 0.2 - id,
  z: id / 3,
  u: 1e-3 * id + 0.7,
  v: -0.9,
});

/** The same for those who send bytes. */
export const bytes64 = (id: number): Uint8Array => new Uint8Array(64).fill(id & 255);

/** What a large item has in bytes. */
export const megabyte = 1_000_000;
