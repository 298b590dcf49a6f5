import { Hono } from "hono";
import { type Answer, type Gateway, type } from "./gateway.ts";

/** Routes for an app that is there: `app.route("/ros", routes(gateway))`. */
export function routes(gateway: Gateway): Hono {
  const app = new Hono();
  const send = ({ status, body }: Answer) => new Response(body, { status, headers: { "content-type": type } });
  app.get("/scan", () => send(gateway.latest()));
  app.get(
    "/scan/events",
    (context) => context.body(gateway.events(), 200, { "content-type": "text/event-stream", "cache-control": "no-store" }),
  );
  app.post("/cmd_vel", async (context) => send(await gateway.drive(await context.req.text())));
  app.post("/pause", async (context) => send(await gateway.pause(await context.req.text(), context.req.raw.signal)));
  app.onError((error) => send(gateway.failure(error)));
  return app;
}
