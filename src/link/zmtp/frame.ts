/** Bits of a frame's first byte. */
export const MORE = 1;
export const LONG = 2;
export const COMMAND = 4;

// The heads of short frames, made once.
const headsOf = (flags: number): readonly Uint8Array[] => Array.from({ length: 256 }, (_, size) => Uint8Array.of(flags, size));
const lastHeads = headsOf(0);
const moreHeads = headsOf(MORE);
const commandHeads = headsOf(COMMAND);

/**
 * What stands before a frame's body: flags and size.
 *
 * @param flags 0, `MORE` or `COMMAND`
 * @param size bytes of the body
 */
export function frameHead(flags: number, size: number): Uint8Array {
  if (size < 256) return (flags === 0 ? lastHeads : flags === MORE ? moreHeads : commandHeads)[size]!;
  const head = new Uint8Array(9);
  head[0] = flags | LONG;
  const view = new DataView(head.buffer);
  view.setUint32(1, Math.floor(size / 2 ** 32));
  view.setUint32(5, size % 2 ** 32);
  return head;
}
