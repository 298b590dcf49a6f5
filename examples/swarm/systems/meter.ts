import { addComponent, addEntity, query } from "bitecs";
import { defineSystem, entries, type Entry, type GraphWorld, IsNode, Running, stream, type Subscription } from "pyros";
import { Began } from "../components.ts";
import type { Report, StreamReport } from "../types.ts";

const every = 500; // ms between two reports

/** Notes when a frame begins. */
const began = defineSystem({
  name: "began",
  description: "notes when a frame begins",
  stage: "receive",
  before: ["receive"],
  writes: [Began],
  setup({ world, time }) {
    const id = addEntity(world);
    addComponent(world, id, Began);
    Began[id] = time;
  },
  run({ entities, time }) {
    Began[entities[0]!] = time;
  },
  query: [Began],
});

/** Measures frames and streams. It is a system, because it reads the graph: all streams, all who subscribe, and what each has lost. */
const meter = defineSystem({
  name: "meter",
  description: "measures frames and streams",
  stage: "send",
  query: [Began],
  streams: { report: stream<Report>({ depth: 1 }) },
  state: () => ({
    frames: 0,
    origin: 0,
    missing: 0,
    skipped: 0,
    since: 0,
    from: 0,
    busy: 0,
    longest: 0,
    emitted: {} as Record<string, number>,
  }),
  run({ world, entities, streams, state, time }, dt) {
    const start = Began[entities[0]!]!;
    if (state.frames === 0) state.origin = state.since = start;
    state.frames++;
    const busy = time - start;
    state.busy += busy;
    state.longest = Math.max(state.longest, busy);
    const span = start - state.since;
    if (span < every && state.frames > 1) return;
    const frames = state.frames - state.from;
    // Frames that are only late are made up for before the next report.
    const missing = Math.round((start - state.origin) / dt / 1000) + 1 - state.frames;
    state.skipped = Math.max(state.skipped, Math.min(missing, state.missing));
    state.missing = missing;
    streams.report.emit({
      frames: state.frames,
      rate: span > 0 ? (frames * 1000) / span : 1 / dt,
      wanted: Math.round(1 / dt),
      skipped: state.skipped,
      busy: state.busy / frames,
      longest: state.longest,
      nodes: query(world, [IsNode, Running]).length,
      streams: streamReports(world, state.emitted, Math.max(span / 1000, dt)),
    });
    Object.assign(state, { since: start, from: state.frames, busy: 0, longest: 0 });
  },
});

export default [began, meter];

/** What the graph holds about the two ends of a stream. */
type Published = Entry & { readonly publisher?: { readonly emitted: number } };
type Subscribed = Entry & { readonly subscription?: Subscription };

function streamReports(world: GraphWorld, before: Record<string, number>, seconds: number): StreamReport[] {
  const emitted = new Map<string, number>();
  for (const { name, publisher } of entries<Published>(world, "stream")) {
    if (publisher !== undefined) emitted.set(name, (emitted.get(name) ?? 0) + publisher.emitted);
  }
  const reports = new Map<string, StreamReport>();
  for (const [name, count] of emitted) {
    reports.set(name, { name, rate: (count - (before[name] ?? 0)) / seconds, subscribers: 0, thinned: 0, replaced: 0, lost: 0 });
    before[name] = count;
  }
  for (const { name, subscription } of entries<Subscribed>(world, "subscription")) {
    const report = reports.get(name);
    if (report === undefined) continue;
    report.subscribers++;
    if (subscription === undefined) continue;
    const { dropped } = subscription.counts;
    report.thinned += dropped.maxRate;
    report.replaced += dropped.latest;
    report.lost += dropped.depth + dropped.bytes + dropped.turn;
  }
  return [...reports.values()];
}
