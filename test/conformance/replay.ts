/**
 * A simulated run and the hash of all that it delivered. As a program it prints the hashes of the seeds that it is given.
 */
import { createHash } from "node:crypto";
import { fileURLToPath } from "node:url";
import { createEngine, type Engine, type EngineConfig } from "pyros";

const config: EngineConfig = {
  clock: "sim",
  rate: 60,
  nodes: {
    "/guide": { use: "./nodes/replay-guide.ts" },
    "/clerk": { use: "./nodes/replay-clerk.ts" },
    "/body": { use: "./nodes/replay-body.ts" },
  },
};

/** What was delivered in a run. */
export interface Replay {
  readonly hash: string;
  /** How often something of each kind was delivered. */
  readonly counts: Readonly<Record<string, number>>;
}

/**
 * Runs the three nodes of the replay and records, in the order of delivery, what subscribers, watchers and callers get.
 *
 * @param seed the engine's
 * @param frames how many
 * @param place puts the nodes where they are to run
 * @param parts the frames of each `run`, all of them together `frames`
 * @param between is called after each part; what it moves is not recorded
 */
export async function replay(
  seed: string,
  frames: number,
  place: (config: EngineConfig) => EngineConfig = (same) => same,
  parts: readonly number[] = [frames],
  between: (engine: Engine, part: number) => Promise<unknown> = async () => {},
): Promise<Replay> {
  const hash = createHash("sha256");
  const counts: Record<string, number> = {};
  const engine = await createEngine(place({ ...config, seed }), { base: new URL("./", import.meta.url) });
  const record = (kind: string, ...what: unknown[]): void => {
    counts[kind] = (counts[kind] ?? 0) + 1;
    hash.update(`${JSON.stringify([kind, engine.time, ...what], exact)}\n`);
  };
  engine.watchGraph(({ type, node, time }) => void (type !== "moved" && record("node", type, node, time)));
  for (const name of ["/body/pose", "/guide/told"]) engine.stream(name, { depth: 3 }).on((item, info) => record("item", name, item, info));
  for (const name of ["/", "/body/drag", "/clerk"]) engine.params.watch(name, (value, change) => record("param", name, value, change));
  let reports = 0;
  engine.params.watch("/clerk/mean", () => {
    const call = engine.call("/clerk/report", (reports++ % 5) + 1, { timeout: 40 });
    void (async () => {
      for await (const step of call) record("progress", step);
      record("result", await call);
    })().catch((error: Error) => record("error", error.name, error.message));
  });
  try {
    for (const [i, part] of parts.entries()) {
      await engine.run({ frames: part });
      await between(engine, i);
    }
    record("end", engine.frameStats.frames, engine.params.get("/"));
  } finally {
    await engine.close();
  }
  return { hash: hash.digest("hex"), counts };
}

/** Numbers that JSON has no word for. */
function exact(_: string, value: unknown): unknown {
  return Object.is(value, -0) || (typeof value === "number" && !Number.isFinite(value))
    ? `number ${Object.is(value, -0) ? "-0" : value}`
    : value;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [frames, ...seeds] = process.argv.slice(2);
  for (const seed of seeds) console.log(`hash ${(await replay(seed, Number(frames))).hash}`);
}
