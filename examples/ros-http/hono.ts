import { Hono } from "hono";
import { streamSSE } from "hono/streaming";
import { type Engine, fromJson, ServiceError, toJson } from "pyros";

const lists = { import: { streams: ["/scan"], services: ["/pause"] }, export: { streams: ["/cmd_vel"] } };
/** For the engine's config: the topics /scan and /cmd_vel and the service /pause of a ROS graph. */
export const nodes = { "/ros": { use: "pyros/ros", params: { name: "/pyros_http", ...lists } } };
const statuses: Record<string, number> = { PYROS_CODEC: 400, PYROS_ROS: 400, PYROS_UNKNOWN_SERVICE: 404, PYROS_SERVICE_TIMEOUT: 504 };
const nothing = { error: { code: "NO_ITEM", message: "nothing has come on /scan yet" } };

/** Routes for an app that is there: `app.route("/ros", routes(engine))`. */
export function routes(engine: Engine): Hono {
  const scan = engine.stream("/scan", { depth: 1 });
  const wheel = engine.publisher("/cmd_vel", { type: "geometry_msgs/Twist" });
  const json = (value: unknown, status = 200) => new Response(toJson(value), { status, headers: { "content-type": "application/json" } });
  const app = new Hono();
  app.get("/scan", () => scan.latest === undefined ? json(nothing, 404) : json(scan.latest));
  app.get("/scan/events", (context) =>
    streamSSE(context, async (events) => {
      const scans = engine.stream("/scan", { depth: 1 }); // a client that is behind misses some
      events.onAbort(() => scans.close());
      await events.write(": here it begins\n\n"); // so that the client gets the headers
      for await (const item of scans) await events.writeSSE({ data: toJson(item) });
    }));
  app.post("/cmd_vel", async ({ req }) => {
    const value = fromJson(await req.text());
    await engine.call("/ros/check", { type: "geometry_msgs/Twist", value });
    wheel.emit(value);
    return json({ sent: true }, 202);
  });
  app.post("/pause", async ({ req: { raw } }) => json(await engine.call("/pause", fromJson(await raw.text()), { signal: raw.signal })));
  app.onError((error: Error & { code?: string }) => {
    const { code = "INTERNAL", message } = error instanceof ServiceError && error.remote.code === "PYROS_ROS" ? error.remote : error;
    return json({ error: { code, message } }, statuses[code] ?? 502);
  });
  return app;
}
