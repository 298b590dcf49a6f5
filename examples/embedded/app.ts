/** An HTTP server with an engine inside: what the routes have in common is in here, and the server owns the engine. */
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { createEngine, type Engine, entries, PyrosError } from "pyros";
import room from "./room.ts";

export interface App {
  readonly engine: Engine;
  readonly server: Server;
  readonly url: string;
  /** Takes no more requests, stops the engine, which ends the streams, and waits for the answers that are out. */
  close(): Promise<void>;
}

const grace = 1000; // ms that answers which are out have to reach their clients

/** Starts the engine, and then the server; port 0 takes any that is free. */
export async function start(port: number): Promise<App> {
  const engine = await createEngine({ rate: 10, nodes: { "/room": room } });
  const out = new Set<Promise<void>>();
  const server = createServer((request, response) => {
    const done = new Promise<void>((resolve) => response.once("close", resolve)).finally(() => out.delete(done));
    out.add(done);
    void answer(engine, request, response);
  });
  server.listen(port, "127.0.0.1");
  await once(server, "listening").catch(async (error: unknown) => {
    await engine.close(); // the port is taken, say
    throw error;
  });
  const close = async () => {
    const closed = new Promise((resolve) => server.close(resolve));
    await engine.close();
    const force = setTimeout(() => server.closeAllConnections(), grace); // a client that does not read holds up nobody
    await Promise.all(out);
    clearTimeout(force);
    server.closeAllConnections(); // those that clients keep for later
    await closed;
  };
  return { engine, server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, close };
}

async function answer(engine: Engine, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const gone = new AbortController();
  response.on("close", () => gone.abort(new Error("the client has gone")));
  try {
    const { pathname } = new URL(request.url ?? "/", "http://localhost");
    const [, kind = ""] = pathname.split("/", 2);
    const name = decodeURIComponent(pathname.slice(kind.length + 1)); // what follows /services is the service's name
    const route = `${request.method} /${kind}`;
    if (route === "GET /") return send(response, 200, { hello: "a room, and an engine that keeps it warm" });
    if (route === "GET /health") return health(engine, response);
    if (route === "POST /services") {
      const input = await body(request);
      return send(response, 200, await engine.call(name, input, { timeout: 5000, signal: gone.signal }));
    }
    if (route === "GET /params") {
      if (engine.params.has(name)) return send(response, 200, engine.params.get(name));
      return fail(response, 404, "NO_PARAM", `there is no param ${name}`);
    }
    if (route === "PUT /params") return send(response, 200, { revision: await engine.params.set(name, await body(request)) });
    if (route === "GET /streams") {
      if (entries(engine.world, "stream").some((stream) => stream.name === name)) return await events(engine, name, response, gone.signal);
      return fail(response, 404, "NO_STREAM", `nobody publishes ${name}`);
    }
    fail(response, 404, "NO_ROUTE", `there is no ${request.method} ${pathname}`);
  } catch (error) {
    if (gone.signal.aborted) return;
    if (error instanceof PyrosError) fail(response, statusOf[error.code] ?? 500, error.code, error.message);
    else fail(response, error instanceof BadBody || error instanceof URIError ? 400 : 500, "BAD_REQUEST", String(error));
  }
}

/** What an engine's error is in the words of HTTP; the handler's own errors are 500. */
const statusOf: Readonly<Record<string, number>> = {
  PYROS_NAME: 400,
  PYROS_VALUE: 400,
  PYROS_VALIDATION: 400,
  PYROS_UNKNOWN_SERVICE: 404,
  PYROS_UNKNOWN_PARAM: 404,
  PYROS_NODE_LOST: 502,
  PYROS_OVERLOADED: 503,
  PYROS_STATE: 503,
  PYROS_SERVICE_TIMEOUT: 504,
};

function health(engine: Engine, response: ServerResponse): void {
  const nodes = engine.nodes.map(({ name, status, error }) => ({ name, status, ...(error === undefined ? {} : { error: String(error) }) }));
  send(response, nodes.every(({ status }) => status === "running") ? 200 : 503, { nodes });
}

/** Server-sent events: a client that is behind gets the newest item, and misses some. */
async function events(engine: Engine, name: string, response: ServerResponse, gone: AbortSignal): Promise<void> {
  using items = engine.stream(name, { depth: 1 });
  gone.addEventListener("abort", () => items.close());
  response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
  response.flushHeaders();
  for await (const item of items) {
    const { seq, missed } = items.info!;
    const room = response.write(`id: ${seq}\n${missed > 0 ? `: ${missed} missed\n` : ""}data: ${JSON.stringify(item)}\n\n`);
    if (!room) await once(response, "drain", { signal: gone });
  }
  response.end();
}

class BadBody extends Error {}
const mostBytes = 1_000_000;

async function body(request: IncomingMessage): Promise<unknown> {
  const tooLarge = new BadBody(`the body has more than ${mostBytes} bytes`);
  if (Number(request.headers["content-length"]) > mostBytes) throw tooLarge;
  let text = "";
  request.setEncoding("utf8");
  for await (const chunk of request) {
    text += chunk;
    if (text.length > mostBytes) throw tooLarge;
  }
  try {
    return text === "" ? undefined : JSON.parse(text);
  } catch (error) {
    throw new BadBody(`the body is no JSON: ${(error as Error).message}`);
  }
}

function send(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(value ?? null));
}

function fail(response: ServerResponse, status: number, code: string, message: string): void {
  if (response.headersSent) return void response.end();
  send(response, status, { error: { code, message } });
}
