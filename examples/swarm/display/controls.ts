import process from "node:process";
import type { Sector } from "../nodes/planner.ts";
import { formations } from "../types.ts";
import type { Context } from "./parts.ts";

const step = 8; // m that an arrow moves the goal
const arrows: Record<string, readonly [number, number]> = { up: [0, -step], down: [0, step], left: [-step, 0], right: [step, 0] };

/** What the keys do: all of it goes through services and params of the graph. */
export class Controls {
  /** The sector that a survey counted last. */
  sector: Sector | undefined;
  /** What to tell the person at the keys. */
  message = "";
  #surveying = false;
  readonly #quit: () => void;

  /** @param quit is called when the program is to end */
  constructor(quit: () => void) {
    this.#quit = quit;
  }

  /** Does what a key stands for; what fails is told. */
  press(key: string, context: Context): void {
    void this.#press(key, context)?.catch((error: unknown) => (this.message = error instanceof Error ? error.message : String(error)));
  }

  #press(key: string, { needs, get, set }: Context): Promise<unknown> | undefined {
    this.message = "";
    const arrow = arrows[key];
    if (arrow !== undefined) return needs.guide.nudge({ x: arrow[0], y: arrow[1] });
    const formation = formations[Number(key) - 1];
    if (formation !== undefined) return set("/guide/formation", formation);
    const change = (name: string, by: number) => set(name, Math.round((get(name) + by) * 10) / 10);
    switch (key) {
      case "q":
      case "ctrl-c":
        this.#quit();
        return undefined;
      case "space":
        return set("/world/paused", get("/world/paused") !== true);
      case "+":
      case "=":
        return change("/world/speed", 0.1);
      case "-":
        return change("/world/speed", -0.1);
      case "]":
        return change("/guide/gain", 0.1);
      case "[":
        return change("/guide/gain", -0.1);
      case "p":
        return needs.guide.replan();
      case "s":
        return this.#surveying ? undefined : this.#survey(needs);
      default:
        return undefined;
    }
  }

  /** Has the planner look for the emptiest sector, and leads the swarm there. */
  async #survey({ planner, guide }: Context["needs"]): Promise<void> {
    this.#surveying = true;
    try {
      const survey = planner.survey();
      for await (const sector of survey) this.sector = sector;
      const { emptiest } = await survey;
      await guide.go({ x: emptiest.x, y: emptiest.y });
      this.message = `to the emptiest sector, at ${emptiest.x.toFixed(0)},${emptiest.y.toFixed(0)}`;
    } finally {
      this.#surveying = false;
      this.sector = undefined;
    }
  }
}

/** Ends the program as Ctrl-C does, which a terminal in raw mode hands over as a key. */
export function interrupt(): void {
  process.kill(process.pid, "SIGINT");
}
