/** What both servers share: an engine whose bridge has two topics and a service of ROS, and what is said of them in HTTP. */
import { createEngine, type Engine, fromJson, PyrosError, ServiceError, toJson } from "pyros";
import type ros from "pyros/ros";

const scan = "/scan"; // sensor_msgs/LaserScan, read
const wheel = { name: "/cmd_vel", type: "geometry_msgs/Twist" }; // written
const pause = "/pause"; // std_srvs/SetBool, called

/** HTTP statuses by the codes of errors; what a node of ROS has done wrong is 502. */
const statusOf: Readonly<Record<string, number>> = {
  PYROS_CODEC: 400, // no JSON, or none of the forms of docs/values.md
  PYROS_VALUE: 400,
  PYROS_ROS: 400, // it does not fit its ROS type
  NO_ITEM: 404,
  PYROS_UNKNOWN_SERVICE: 404,
  PYROS_SERVICE: 502,
  PYROS_NODE_LOST: 502,
  PYROS_OVERLOADED: 503,
  PYROS_SERVICE_TIMEOUT: 504,
};

/** An answer: JSON in the form of `toJson`. */
export interface Answer {
  readonly status: number;
  readonly body: string;
}

export const type = "application/json";

/** Two topics and a service of a ROS graph. */
export class Gateway {
  readonly #engine: Engine;
  readonly #scan;
  readonly #wheel;

  constructor(engine: Engine) {
    this.#engine = engine;
    this.#scan = engine.stream(scan, { depth: 1 });
    this.#wheel = engine.publisher(wheel.name, { type: wheel.type });
  }

  /** @param master its address; ROS_MASTER_URI by default */
  static async open(master?: string): Promise<Gateway> {
    const lists = { import: { streams: [scan], services: [pause] }, export: { streams: [wheel.name] } };
    const params = { ...lists, name: "/pyros_http", ...(master === undefined ? {} : { master }) };
    return new Gateway(await createEngine({ nodes: { "/ros": { use: "pyros/ros", params } } }));
  }

  /** The newest scan. */
  latest(): Answer {
    if (this.#scan.latest !== undefined) return { status: 200, body: toJson(this.#scan.latest) };
    return this.failure(Object.assign(new Error(`nothing has come on ${scan} yet`), { code: "NO_ITEM" }));
  }

  /** All scans as server-sent events; a client that is behind misses some. */
  events(): ReadableStream<Uint8Array> {
    const items = this.#engine.stream(scan, { depth: 1 });
    const each = items[Symbol.asyncIterator]();
    const encoder = new TextEncoder();
    return new ReadableStream({
      start: (controller) => controller.enqueue(encoder.encode(": here it begins\n\n")), // so that the client gets the headers
      async pull(controller) {
        const { done, value } = await each.next();
        if (done === true) controller.close();
        else controller.enqueue(encoder.encode(`id: ${items.info!.seq}\ndata: ${toJson(value)}\n\n`));
      },
      cancel: () => items.close(),
    });
  }

  /** Publishes a Twist. */
  async drive(body: string): Promise<Answer> {
    const value = fromJson(body);
    await this.#engine.client<typeof ros>("/ros").check({ type: wheel.type, value });
    this.#wheel.emit(value);
    return { status: 202, body: toJson({ sent: true }) };
  }

  /** Calls the service; given up when the client has gone. */
  async pause(body: string, signal?: AbortSignal): Promise<Answer> {
    return { status: 200, body: toJson(await this.#engine.call(pause, fromJson(body), { timeout: 5000, signal })) };
  }

  /** The answer that tells of an error. */
  failure(error: unknown): Answer {
    const remote = error instanceof ServiceError && error.remote.code === "PYROS_ROS" ? error.remote : undefined; // of the check
    const { code = "INTERNAL", message } = remote ?? (error as { code?: string; message: string });
    const status = error instanceof PyrosError || code === "NO_ITEM" ? (statusOf[code] ?? 500) : 500;
    return { status, body: toJson({ error: { code, message } }) };
  }

  /** Ends the streams, and leaves the ROS graph. */
  close(): Promise<void> {
    return this.#engine.close();
  }
}
