import type { CallOptions } from "./call.ts";
import type { Caller } from "./caller.ts";
import type { Job } from "./job.ts";
import type { Received } from "../value/give.ts";
import type { Services } from "./services.ts";

/** What a call of a handler that returns `R` gives: a promise, and for a generator the iterable of what it yields. */
export type CallResult<R> = R extends AsyncGenerator<infer Y, infer T, any> ? Promise<Received<T>> & AsyncIterable<Received<Y>>
  : R extends Generator<infer Y, infer T, any> ? Promise<Received<T>> & AsyncIterable<Received<Y>>
  : Promise<Received<Awaited<R>>>;

// Symbols, since every string may be the name of a service.
const callerOf: unique symbol = Symbol("caller");
const jobOf: unique symbol = Symbol("job");

/** A client of a node: one method a service. */
export interface AnyClient {
  readonly [callerOf]: Caller;
  readonly [jobOf]: Job | undefined;
}

/** Makes clients of one node for one caller; they share their methods. */
export type ClientClass = new (caller: Caller, job: Job | undefined) => AnyClient;

/**
 * Makes the class of the clients of one node.
 *
 * Its methods are made on first use, so that a client needs to know nothing of the node, and are plain methods from then on.
 *
 * @param services the engine's
 * @param resolve the absolute name of a service of that node
 * @returns a class of clients
 */
export function clientClass(services: Services, resolve: (service: string) => string): ClientClass {
  class Client implements AnyClient {
    readonly [callerOf]: Caller;
    readonly [jobOf]: Job | undefined;
    constructor(caller: Caller, job: Job | undefined) {
      this[callerOf] = caller;
      this[jobOf] = job;
    }
  }
  const { prototype } = Client;
  const unknown = new Proxy(Object.create(null) as object, {
    get(_, key) {
      // A promise that resolves to a client asks it for `then`, and whoever prints it for `toJSON`: those are not meant as calls.
      if (typeof key !== "string" || key === "then" || key === "toJSON") return undefined;
      const route = services.route(resolve(key));
      const method = function (this: AnyClient, input?: unknown, options?: CallOptions): Promise<unknown> {
        return services.call(this[callerOf], route, input, options, this[jobOf]);
      };
      Object.defineProperty(prototype, key, { value: method, configurable: true });
      return method;
    },
  });
  Object.setPrototypeOf(prototype, unknown);
  return Client;
}
