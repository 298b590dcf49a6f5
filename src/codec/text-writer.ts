/** Writes texts as UTF-8. */

/** Characters from which on the runtime writes a text faster than a loop does. */
const LONG_TEXT = 32;

const encoder = new TextEncoder();

/** Writes a text from `at` on, where there is room for 3 bytes a character, and returns how many bytes it takes. */
export function writeText(bytes: Uint8Array, at: number, text: string): number {
  return text.length < LONG_TEXT ? writeShort(bytes, at, text) : encoder.encodeInto(text, bytes.subarray(at)).written;
}

function writeShort(bytes: Uint8Array, start: number, text: string): number {
  let at = start;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c < 0x80) {
      bytes[at++] = c;
    } else if (c < 0x800) {
      bytes[at++] = 0xc0 | (c >> 6);
      bytes[at++] = 0x80 | (c & 63);
    } else if (c < 0xd800 || c > 0xdfff) {
      bytes[at++] = 0xe0 | (c >> 12);
      bytes[at++] = 0x80 | ((c >> 6) & 63);
      bytes[at++] = 0x80 | (c & 63);
    } else {
      // Two halves of one character: no canonical text has a lone one.
      const point = text.codePointAt(i++)!;
      bytes[at++] = 0xf0 | (point >> 18);
      bytes[at++] = 0x80 | ((point >> 12) & 63);
      bytes[at++] = 0x80 | ((point >> 6) & 63);
      bytes[at++] = 0x80 | (point & 63);
    }
  }
  return at - start;
}
