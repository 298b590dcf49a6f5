/** Floats in the byte order of the network, read where a DataView would take longer to make than to use. */

const bytes = new Uint8Array(8);
const float32 = new Float32Array(bytes.buffer);
const float64 = new Float64Array(bytes.buffer);

/** The float of 16 bits. */
export function float16Of(bits: number): number {
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 0x3ff;
  const sign = bits & 0x8000 ? -1 : 1;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (1024 + fraction) * 2 ** (exponent - 25);
}

/** The float of 32 bits at `at`. */
export function readFloat32(source: Uint8Array, at: number): number {
  bytes[3] = source[at];
  bytes[2] = source[at + 1];
  bytes[1] = source[at + 2];
  bytes[0] = source[at + 3];
  return float32[0];
}

/** The float of 64 bits at `at`. */
export function readFloat64(source: Uint8Array, at: number): number {
  bytes[7] = source[at];
  bytes[6] = source[at + 1];
  bytes[5] = source[at + 2];
  bytes[4] = source[at + 3];
  bytes[3] = source[at + 4];
  bytes[2] = source[at + 5];
  bytes[1] = source[at + 6];
  bytes[0] = source[at + 7];
  return float64[0];
}
