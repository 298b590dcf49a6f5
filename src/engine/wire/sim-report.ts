/** What an engine tells of itself when it has done its part. */
export interface SimReport {
  /** Deliveries that wait for the next round there. */
  readonly waiting: number;
  /** When something is due there, in ms; null for never. */
  readonly next: number | null;
  /** When something there is to be told the time, in ms; null for never. */
  readonly beat: number | null;
  /** Whether something there wants frames. */
  readonly framed: boolean;
  /** Messages that have come there, of all engines together. */
  readonly received: number;
  /** Messages that it has sent to each engine. */
  readonly sent: Readonly<Record<string, number>>;
}

/** What the main engine may ask, in simulated time. */
export const simVerbs = {
  report: "sim-report",
  round: "sim-round",
  advance: "sim-advance",
  frame: "sim-frame",
  figures: "sim-figures",
} as const;
