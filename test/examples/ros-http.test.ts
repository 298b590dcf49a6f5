import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { defineNode, type Engine, fromJson, stream, toJson } from "pyros";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { own } from "../conformance/runtimes.ts";
import { bridge, hasRos, rosEnvironment, started, startMaster, startTool, type TestMaster, until } from "../ros/support.ts";

const path = (relative: string): string => fileURLToPath(new URL(`../../${relative}`, import.meta.url));
const folder = path("examples/ros-http");

beforeAll(() => {
  if (existsSync(`${folder}/node_modules/fastify`)) return;
  const [command, ...args] = own === "deno"
    ? [process.execPath, "install", "--node-modules-dir=auto", "--no-lock", "--quiet"]
    : ["npm", "ci", "--no-fund", "--no-audit", "--loglevel=error"];
  const { status, stderr, error } = spawnSync(command!, args, { cwd: folder, encoding: "utf8" });
  if (status !== 0) throw new Error(`the packages of examples/ros-http cannot be installed: ${error?.message ?? stderr}`);
}, 300_000);

/** What is on the other side: a laser and a motor, in a graph of their own. */
const robot = defineNode({
  streams: { "/scan": stream<object>({ type: "sensor_msgs/LaserScan" }) },
  state: () => ({ paused: false }),
  services: {
    async "/pause"({ data }: { data: boolean }, { state, sleep }) {
      if (!data && !state.paused) throw new Error("it was not paused");
      await sleep(1);
      state.paused = data;
      return { success: true, message: data ? "paused" : "goes on" };
    },
    scan(scan: object, { streams }) {
      streams["/scan"].emit(scan);
    },
  },
  serviceOptions: { "/pause": { type: "std_srvs/SetBool" } },
});

interface Site {
  readonly master: TestMaster;
  readonly engine: Engine;
  readonly child: ChildProcess;
  readonly url: string;
  readonly ended: Promise<unknown>;
}

async function site(which: string, kind: "built-in" | "rosmaster"): Promise<Site> {
  const master = await startMaster(kind);
  const engine = await started({
    nodes: {
      "/robot": robot,
      "/ros": bridge(master.address, "/robot", {
        import: { streams: ["/cmd_vel"] },
        export: { streams: ["/scan"], services: ["/pause"] },
      }),
    },
  });
  const how = own === "deno" ? ["run", "-A", "--config", path("deno.json")] : ["--import", "tsx"];
  const child = spawn(process.execPath, [...how, `${folder}/server.ts`, which], {
    cwd: path("."),
    env: { ...rosEnvironment(master.address), PORT: "0", NO_COLOR: "1", VITEST: undefined, NODE_OPTIONS: undefined },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let said = "";
  for (const output of [child.stdout, child.stderr]) output.on("data", (data: Buffer) => (said += data.toString()));
  const ended = new Promise((resolve) => child.once("close", resolve));
  onTestFinished(async () => {
    if (child.exitCode === null && child.signalCode === null) process.kill(child.pid!, "SIGKILL");
    await ended;
  });
  await until("it listens", () => {
    if (child.exitCode !== null) throw new Error(said);
    return /http:\S+/.test(said);
  });
  return { master, engine, child, url: /http:\S+/.exec(said)![0], ended };
}

const nearly = { angle_min: -1, time_increment: NaN, ranges: new Float32Array([1, Infinity]), header: { frame_id: "laser" } };

describe.each(["hono", "fastify"])("ROS over %s", (which) => {
  test("gives the newest item and all that follow, publishes, calls, and tells errors by status and code", async () => {
    const { engine, url, child, ended } = await site(which, "built-in");
    const post = async (route: string, body: string): Promise<[number, any]> => {
      // Not over a connection that rests: on a busy machine, the server may end it at the same moment.
      const headers = { "content-type": "application/json", connection: "close" };
      const response = await fetch(`${url}/${route}`, { method: "POST", body, headers });
      return [response.status, fromJson(await response.text())];
    };
    expect(await (await fetch(new URL("/", url))).text()).toBe("an app that was there before");

    const none = await fetch(`${url}/scan`);
    expect([none.status, await none.json()]).toEqual([404, { error: { code: "NO_ITEM", message: "nothing has come on /scan yet" } }]);
    let latest!: Response;
    await until("a scan is there", async () => {
      await engine.call("/robot/scan", nearly);
      latest = await fetch(`${url}/scan`);
      return latest.status === 200 || void (await latest.text());
    });
    expect(latest.headers.get("content-type")).toMatch("application/json");
    const text = await latest.text();
    expect(text).toContain(`"ranges":${toJson(nearly.ranges)}`);
    expect(fromJson(text)).toMatchObject({ ...nearly, range_max: 0, header: { frame_id: "laser", stamp: { sec: 0, nsec: 0 } } });

    const gone = new AbortController();
    const events = await fetch(`${url}/scan/events`, { signal: gone.signal });
    expect([events.status, events.headers.get("content-type")]).toEqual([200, "text/event-stream"]);
    const reader = events.body!.pipeThrough(new TextDecoderStream()).getReader();
    let came = "";
    for (let i = 0; (came.match(/^data: /gm) ?? []).length < 2; i++) {
      await engine.call("/robot/scan", { ...nearly, angle_max: i });
      if (i > 0) came += (await reader.read()).value;
    }
    expect(fromJson(/^data: (.*)$/m.exec(came)![1]!)).toMatchObject(nearly);
    gone.abort();

    const twists: object[] = [];
    engine.stream<object>("/cmd_vel").on((twist) => void twists.push(twist));
    await until("a twist comes", async () => {
      expect(await post("cmd_vel", '{"linear":{"x":1},"angular":{"z":{"$number":"-0"}}}')).toEqual([202, { sent: true }]);
      return twists.length > 0;
    });
    expect(twists[0]).toEqual({ linear: { x: 1, y: 0, z: 0 }, angular: { x: 0, y: 0, z: -0 } });
    expect(await post("cmd_vel", '{"linear":{"x":"fast"}}')).toEqual([
      400,
      { error: { code: "PYROS_ROS", message: 'geometry_msgs/Vector3.x must be a number, not "fast": linear.x of geometry_msgs/Twist' } },
    ]);
    expect(await post("cmd_vel", "{")).toEqual([400, { error: { code: "PYROS_CODEC", message: expect.stringContaining("JSON") } }]);

    await until("the service is there", async () => (await post("pause", '{"data":true}'))[0] === 200);
    expect(await post("pause", '{"data":false}')).toEqual([200, { success: true, message: "goes on" }]);
    expect(await post("pause", '{"data":false}')).toEqual([
      502,
      { error: { code: "PYROS_SERVICE", message: expect.stringContaining("it was not paused") } },
    ]);
    expect(await post("pause", '{"data":5}')).toEqual([400, { error: { code: "PYROS_ROS", message: expect.stringContaining("data") } }]);
    await engine.remove("/robot");
    await until("nobody provides it", async () => {
      const [status, { error }] = await post("pause", '{"data":true}');
      return status === 404 && error.code === "PYROS_UNKNOWN_SERVICE";
    });

    const open = await fetch(`${url}/scan/events`); // a client that stays does not hold it up
    process.kill(child.pid!, "SIGTERM");
    expect(await ended).toBe(0);
    await open.text().catch(() => {});
  }, 180_000);

  test.skipIf(!hasRos)("is seen and fed by the tools of ROS", async () => {
    const { master, url } = await site(which, "rosmaster");
    await until("it publishes", async () => (await master.publishers("/cmd_vel")).includes("/pyros_http"));
    const echo = startTool(master.address, "rostopic", "echo", "/cmd_vel");
    await until("rostopic shows it", async () => {
      await fetch(`${url}/cmd_vel`, { method: "POST", body: '{"angular":{"z":0.25}}' });
      return echo.lines.some((line) => line.includes("z: 0.25"));
    });
    startTool(master.address, "rostopic", "pub", "-r", "10", "/scan", "sensor_msgs/LaserScan", "{ranges: [1, .inf], range_min: .nan}");
    await until("it is fed", async () => {
      const response = await fetch(`${url}/scan`);
      const scan = fromJson<{ ranges?: Float32Array; range_min: number }>(await response.text());
      return scan.ranges?.[1] === Infinity && Number.isNaN(scan.range_min);
    });
  }, 180_000);
});
