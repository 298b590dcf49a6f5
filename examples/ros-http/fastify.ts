import { Readable } from "node:stream";
import type { FastifyInstance } from "fastify";
import { type Engine, fromJson, ServiceError, type Subscription, toJson } from "pyros";

const lists = { import: { streams: ["/scan"], services: ["/pause"] }, export: { streams: ["/cmd_vel"] } };
/** For the engine's config: the topics /scan and /cmd_vel and the service /pause of a ROS graph. */
export const nodes = { "/ros": { use: "pyros/ros", params: { name: "/pyros_http", ...lists } } };
const statuses: Record<string, number> = { PYROS_CODEC: 400, PYROS_ROS: 400, PYROS_UNKNOWN_SERVICE: 404, PYROS_SERVICE_TIMEOUT: 504 };
const nothing = { error: { code: "NO_ITEM", message: "nothing has come on /scan yet" } };

/** Routes for an app that is there: `app.register(routes, { prefix: "/ros", engine })`. */
export async function routes(app: FastifyInstance, { engine }: { engine: Engine }): Promise<void> {
  const scan = engine.stream("/scan", { depth: 1 });
  const wheel = engine.publisher("/cmd_vel", { type: "geometry_msgs/Twist" });
  app.removeAllContentTypeParsers(); // of these routes only
  app.addContentTypeParser("*", { parseAs: "string" }, async (_request: unknown, body: string) => fromJson(body));
  app.setReplySerializer(toJson);
  app.get("/scan", async (_request, reply) => scan.latest ?? reply.code(404).send(nothing));
  app.get("/scan/events", (_request, reply) => {
    const scans = engine.stream("/scan", { depth: 1 }); // a client that is behind misses some
    reply.raw.once("close", () => scans.close());
    return reply.type("text/event-stream").send(Readable.from(events(scans)));
  });
  app.post("/cmd_vel", async ({ body }, reply) => {
    await engine.call("/ros/check", { type: "geometry_msgs/Twist", value: body });
    wheel.emit(body);
    return reply.code(202).send({ sent: true });
  });
  app.post("/pause", ({ body }) => engine.call("/pause", body));
  app.setErrorHandler((error: Error & { code?: string }, _request, reply) => {
    const { code = "INTERNAL", message } = error instanceof ServiceError && error.remote.code === "PYROS_ROS" ? error.remote : error;
    return reply.code(statuses[code] ?? 502).send({ error: { code, message } });
  });
}

async function* events(scans: Subscription<unknown>): AsyncGenerator<string> {
  yield ": here it begins\n\n"; // so that the client gets the headers
  for await (const item of scans) yield `data: ${toJson(item)}\n\n`;
}
