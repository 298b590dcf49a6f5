import type { Bodies } from "../types.ts";
import { world } from "../types.ts";
import { hues, levels, mapStyles } from "./palette.ts";
import type { Screen } from "./screen.ts";

const braille = 0x2800;
// The bit of each of the eight dots of a braille character, by row and column.
const bits = [0x01, 0x08, 0x02, 0x10, 0x04, 0x20, 0x40, 0x80] as const;

/** A map of the world: each body is a dot, eight to a character; the colour tells where they go, the brightness how many there are. */
export class DensityMap {
  #dots: Uint8Array = new Uint8Array(0);
  #counts: Uint16Array = new Uint16Array(0);
  #vx: Float32Array = new Float32Array(0);
  #vy: Float32Array = new Float32Array(0);

  /**
   * Draws the map into a part of the screen.
   *
   * @param screen where
   * @param top its first row
   * @param rows how many rows it has, over the whole width
   * @param bodies what to draw
   */
  draw(screen: Screen, top: number, rows: number, { x, y, vx, vy }: Bodies): void {
    const { columns } = screen;
    const cells = columns * rows;
    if (this.#dots.length !== cells) {
      this.#dots = new Uint8Array(cells);
      this.#counts = new Uint16Array(cells);
      this.#vx = new Float32Array(cells);
      this.#vy = new Float32Array(cells);
    }
    const dots = this.#dots.fill(0);
    const counts = this.#counts.fill(0);
    const sumX = this.#vx.fill(0);
    const sumY = this.#vy.fill(0);
    const sx = (columns * 2) / world.width;
    const sy = (rows * 4) / world.height;
    for (let i = 0; i < x.length; i++) {
      const dx = (x[i]! * sx) | 0;
      const dy = (y[i]! * sy) | 0;
      const cell = (dy >> 2) * columns + (dx >> 1);
      dots[cell]! |= bits[((dy & 3) << 1) | (dx & 1)]!;
      counts[cell]!++;
      sumX[cell]! += vx[i]!;
      sumY[cell]! += vy[i]!;
    }
    // A usual crowd is bright however many bodies and cells there are.
    const usual = Math.max(1, (6 * x.length) / cells);
    for (let cell = 0; cell < cells; cell++) {
      const count = counts[cell]!;
      if (count === 0) continue;
      const turn = Math.atan2(sumY[cell]!, sumX[cell]!) / (2 * Math.PI) + 1;
      const hue = Math.floor(turn * hues) % hues;
      const level = Math.min(levels - 1, Math.floor((levels * Math.log2(1 + (3 * count) / usual)) / 4));
      screen.put(cell % columns, top + Math.floor(cell / columns), braille + dots[cell]!, mapStyles + hue * levels + level);
    }
  }
}
