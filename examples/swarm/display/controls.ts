import process from "node:process";
import type { Sector } from "../nodes/planner.ts";
import { formations } from "../types.ts";
import type { Context } from "./parts.ts";

const step = 8; // m that an arrow moves the goal
const arrows: Record<string, readonly [number, number]> = { up: [0, -step], down: [0, step], left: [-step, 0], right: [step, 0] };
const changes: Record<string, readonly [string, number]> = {
  "+": ["/world/speed", 0.1],
  "=": ["/world/speed", 0.1],
  "-": ["/world/speed", -0.1],
  "]": ["/guide/gain", 0.1],
  "[": ["/guide/gain", -0.1],
};

/** What the keys do: all of it goes through services and params of the graph. */
export class Controls {
  /** The sector that a survey counted last. */
  sector: Sector | undefined;
  /** What to tell the person at the keys. */
  message = "";
  #last: Promise<unknown> = Promise.resolve();
  #surveying = false;
  readonly #quit: () => void;

  /** @param quit is called when the program is to end */
  constructor(quit: () => void) {
    this.#quit = quit;
  }

  /** Does what a key stands for; what fails is told. */
  press(key: string, context: Context): void {
    if (key === "q" || key === "ctrl-c") return this.#quit();
    this.message = "";
    const tell = (error: unknown) => (this.message = error instanceof Error ? error.message : String(error));
    if (key === "m") void this.#move(context).catch(tell);
    else if (key === "s") void this.#survey(context.needs).catch(tell);
    // One after the other: a param that was set is there to be read when the write has been ordered.
    else this.#last = this.#last.then(() => this.#press(key, context)).catch(tell);
  }

  #press(key: string, { needs, get, set }: Context): Promise<unknown> | undefined {
    const arrow = arrows[key];
    if (arrow !== undefined) return needs.guide.nudge({ x: arrow[0], y: arrow[1] });
    const formation = formations[Number(key) - 1];
    if (formation !== undefined) return set("/guide/formation", formation);
    if (key === "p") return needs.guide.replan();
    if (key === "space") return set("/world/paused", get("/world/paused") !== true);
    const change = changes[key];
    return change === undefined ? undefined : set(change[0], Math.round((get(change[0]) + change[1]) * 10) / 10);
  }

  /** Moves the planner to a process of its own, or back into the loop, while it works. */
  async #move({ call }: Context): Promise<void> {
    const nodes = await call<{ name: string; placement: string }[]>("/engine/nodes");
    const to = nodes.find(({ name }) => name === "/planner")?.placement === "loop" ? "process" : "loop";
    this.message = `the planner moves to ${to === "loop" ? "the loop" : "a process"}`;
    await call("/engine/move", { node: "/planner", to }, { timeout: 30_000 });
    this.message = `the planner runs in ${to === "loop" ? "the loop" : "a process"}`;
  }

  /** Has the planner look for the emptiest sector, and leads the swarm there. */
  async #survey({ planner, guide }: Context["needs"]): Promise<void> {
    if (this.#surveying) return;
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
