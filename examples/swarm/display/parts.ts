import { client, from, type NodeContext } from "pyros";
import type guide from "../nodes/guide.ts";
import type planner from "../nodes/planner.ts";
import type { Alarm, Bodies, Flock, Path, Report, Spot } from "../types.ts";

/** What the display reads. */
export const inputs = {
  bodies: from<Bodies>("/world/bodies", { depth: 1 }),
  flock: from<Flock>("/world/flock"),
  path: from<Path>("/guide/path"),
  predator: from<Spot>("/predator/spot"),
  report: from<Report>("/meter/report"),
  alarm: from<Alarm>("/monitor/alarm"),
};

/** What the display calls. */
export const needs = { guide: client<typeof guide>("/guide"), planner: client<typeof planner>("/planner") };

/** The context of the display. */
export type Context = NodeContext<{}, {}, typeof inputs, typeof needs, {}, View>;

/** What shows the swarm: a picture in a terminal, or lines of text. */
export interface View {
  /** New bodies have come. */
  draw(context: Context): void;
  /** A part of a second has passed. */
  tick(context: Context): void;
  close(): void;
}
