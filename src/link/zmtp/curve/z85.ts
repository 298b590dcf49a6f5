import { LinkError } from "../../../errors.ts";

const digits = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.-:+=^!/*?&<>()[]{}@%$#";

/**
 * Bytes as text that can stand in a config file (ZeroMQ's Z85): five characters for four bytes, so 40 for a key.
 *
 * @param bytes a multiple of four
 * @throws {LinkError} if it is no multiple of four
 */
export function encodeZ85(bytes: Uint8Array): string {
  if (bytes.length % 4 !== 0) throw new LinkError(`Z85 takes a multiple of 4 bytes, not ${bytes.length}`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let text = "";
  for (let at = 0; at < bytes.length; at += 4) {
    const value = view.getUint32(at);
    for (let power = 85 ** 4; power >= 1; power /= 85) text += digits[Math.floor(value / power) % 85];
  }
  return text;
}

/**
 * The bytes of a text in Z85. What is wrong is not quoted: it may be a secret.
 *
 * @param text a multiple of five characters
 * @throws {LinkError} if it is no Z85
 */
export function decodeZ85(text: string): Uint8Array {
  if (text.length % 5 !== 0) throw new LinkError(`Z85 takes a multiple of 5 characters, not ${text.length}; a key has 40`);
  const bytes = new Uint8Array((text.length / 5) * 4);
  const view = new DataView(bytes.buffer);
  for (let at = 0; at < text.length; at += 5) {
    let value = 0;
    for (let i = at; i < at + 5; i++) {
      const digit = digits.indexOf(text[i]!);
      if (digit === -1) throw new LinkError(`character ${i + 1} is none of Z85`);
      value = value * 85 + digit;
    }
    if (value >= 2 ** 32) throw new LinkError(`characters ${at + 1} to ${at + 5} are more than 4 bytes in Z85`);
    view.setUint32((at / 5) * 4, value);
  }
  return bytes;
}
