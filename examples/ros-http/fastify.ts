import type { FastifyInstance, FastifyReply } from "fastify";
import { type Answer, type Gateway, type } from "./gateway.ts";

/** Routes for an app that is there: `app.register(routes, { prefix: "/ros", gateway })`. */
export async function routes(app: FastifyInstance, { gateway }: { gateway: Gateway }): Promise<void> {
  const send = (reply: FastifyReply, { status, body }: Answer) => reply.code(status).type(type).send(body);
  app.removeAllContentTypeParsers(); // of these routes only: fromJson reads the bodies
  app.addContentTypeParser("*", { parseAs: "string" }, (_request, body, done) => done(null, body));
  app.get("/scan", (_request, reply) => send(reply, gateway.latest()));
  app.get("/scan/events", (_request, reply) => reply.type("text/event-stream").header("cache-control", "no-store").send(gateway.events()));
  app.post<{ Body: string }>("/cmd_vel", async (request, reply) => send(reply, await gateway.drive(request.body)));
  app.post<{ Body: string }>("/pause", async ({ body }, reply) => {
    const gone = new AbortController(); // request.signal fires when the body has been read
    reply.raw.once("close", () => gone.abort());
    return send(reply, await gateway.pause(body, gone.signal));
  });
  app.setErrorHandler((error, _request, reply) => send(reply, gateway.failure(error)));
}
