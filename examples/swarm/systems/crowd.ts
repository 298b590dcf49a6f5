import { Position, Velocity } from "../components.ts";
import { type Spot, world } from "../types.ts";

const cell = 4; // m
const border = 2; // cells more on each side, so that whoever looks half a cell beyond the edge finds a cell with neighbours
const columns = world.width / cell + 2 * border;
const rows = world.height / cell + 2 * border;

/**
 * How crowded each part of the world is, and where its crowd goes: a body minds the crowd around it, not every other body.
 */
export class Crowd {
  readonly count: Float32Array = new Float32Array(columns * rows);
  readonly vx: Float32Array = new Float32Array(columns * rows);
  readonly vy: Float32Array = new Float32Array(columns * rows);
  /** The step from a cell to the one below it. */
  static readonly below: number = columns;

  /** The size of a cell, in m. */
  static readonly cell: number = cell;

  /** The cell of a place, at most half a cell outside the world. */
  static at(x: number, y: number): number {
    return (border + Math.floor(y / cell)) * columns + border + Math.floor(x / cell);
  }

  /** Counts anew. */
  measure(entities: ArrayLike<number>): void {
    const { count, vx, vy } = this;
    count.fill(0);
    vx.fill(0);
    vy.fill(0);
    const px = Position.x;
    const py = Position.y;
    const wx = Velocity.x;
    const wy = Velocity.y;
    for (let i = 0; i < entities.length; i++) {
      const id = entities[i]!;
      const c = Crowd.at(px[id]!, py[id]!);
      count[c]!++;
      vx[c]! += wx[id]!;
      vy[c]! += wy[id]!;
    }
    for (let c = 0; c < count.length; c++) {
      const n = count[c]!;
      if (n === 0) continue;
      vx[c]! /= n;
      vy[c]! /= n;
    }
  }

  /** The middle of the most crowded cell. */
  densest(): Spot {
    const { count } = this;
    let most = 0;
    for (let c = 1; c < count.length; c++) if (count[c]! > count[most]!) most = c;
    return { x: ((most % columns) + 0.5 - border) * cell, y: (Math.floor(most / columns) + 0.5 - border) * cell };
  }
}
