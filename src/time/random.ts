/**
 * A seeded source of random numbers: sfc32 (Chris Doty-Humphrey, PractRand), 128 bits of state.
 *
 * Its state is data: four whole numbers of 32 bits, so that it can move with a node.
 */
export class Random {
  /** The state, four signed numbers of 32 bits. */
  state: [number, number, number, number];

  /**
   * @param seed any text; the same text gives the same sequence on every runtime
   */
  constructor(seed: string) {
    // FNV-1a with a different offset for each word spreads the seed over the state.
    this.state = [hash(seed, 0x811c9dc5), hash(seed, 0x1000193), hash(seed, 0x9e3779b9), 1];
    for (let i = 0; i < 12; i++) this.next();
  }

  /** The next number, from 0 up to 1, with 32 random bits. */
  next(): number {
    let [a, b, c, d] = this.state;
    const t = (((a + b) | 0) + d) | 0;
    d = (d + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + t) | 0;
    this.state = [a, b, c, d];
    return (t >>> 0) / 4294967296;
  }
}

function hash(text: string, offset: number): number {
  let h = offset | 0;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  return h | 0;
}
