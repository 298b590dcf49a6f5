/** An app with a route of its own, and those of ROS beside: `server.ts hono`, or `server.ts fastify`. */
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import process from "node:process";
import { Gateway } from "./gateway.ts";

const which = process.argv[2] ?? "hono";
const port = Number(process.env.PORT ?? 8080);
const gateway = await Gateway.open();
/** An app that is there already. */
const [server, close] = await (which === "fastify" ? onFastify() : onHono());
console.log(`${which} listens on http://localhost:${(server.address() as AddressInfo).port}/ros`);
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, async () => {
    await gateway.close(); // which ends the streams
    await close();
  });
}

async function onHono() {
  const [{ Hono }, { serve }, { routes }] = await Promise.all([import("hono"), import("@hono/node-server"), import("./hono.ts")]);
  const app = new Hono();
  app.get("/", (context) => context.text("an app that was there before"));
  app.route("/ros", routes(gateway));
  const server = serve({ fetch: app.fetch, port });
  await once(server, "listening");
  const close = () => {
    server.close();
    if ("closeAllConnections" in server) server.closeAllConnections(); // those that clients keep for later
  };
  return [server, close] as const;
}

async function onFastify() {
  const [{ fastify }, { routes }] = await Promise.all([import("fastify"), import("./fastify.ts")]);
  const app = fastify({ forceCloseConnections: true });
  app.get("/", () => "an app that was there before");
  app.register(routes, { prefix: "/ros", gateway });
  await app.listen({ port });
  return [app.server, () => app.close()] as const;
}
