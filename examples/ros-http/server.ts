/** An app with a route of its own, and those of ROS beside: `server.ts hono`, or `server.ts fastify`. */
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import process from "node:process";
import { createEngine } from "pyros";

const port = Number(process.env.PORT ?? 8080);
const which = process.argv[2] === "fastify" ? "fastify" : "hono";
const { engine, server, close } = await (which === "fastify" ? onFastify() : onHono());
console.log(`${which} listens on http://localhost:${(server.address() as AddressInfo).port}/ros`);
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, async () => {
    await engine.close(); // which ends the streams
    await close();
  });
}

async function onHono() {
  const [{ Hono }, { serve }, { nodes, routes }] = await Promise.all([import("hono"), import("@hono/node-server"), import("./hono.ts")]);
  const engine = await createEngine({ nodes });
  const app = new Hono();
  app.get("/", (context) => context.text("an app that was there before"));
  app.route("/ros", routes(engine));
  const server = serve({ fetch: app.fetch, port });
  await once(server, "listening");
  const close = () => {
    server.close();
    if ("closeAllConnections" in server) server.closeAllConnections(); // those that clients keep for later
  };
  return { engine, server, close };
}

async function onFastify() {
  const [{ fastify }, { nodes, routes }] = await Promise.all([import("fastify"), import("./fastify.ts")]);
  const engine = await createEngine({ nodes });
  const app = fastify({ forceCloseConnections: true });
  app.get("/", () => "an app that was there before");
  app.register(routes, { prefix: "/ros", engine });
  await app.listen({ port });
  return { engine, server: app.server, close: () => app.close() };
}
