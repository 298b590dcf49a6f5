/** Text of the protocol: one byte a character. */

/** The bytes of a text; its characters must be below 256. */
export function latin1Bytes(text: string): Uint8Array {
  return Uint8Array.from(text, (char) => char.charCodeAt(0));
}

/** The text of bytes. */
export function latin1(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}

/** Text of a peer for a message: only what can be printed, and not too much of it. */
export function printable(text: string): string {
  return text.slice(0, 100).replace(/[^ -~]/g, "?");
}
