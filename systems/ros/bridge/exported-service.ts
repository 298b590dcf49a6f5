import type { ServiceServer } from "../client/client.ts";
import type { Treatment } from "./exposure.ts";
import type { ServiceHealth } from "./imported-service.ts";
import type { MirrorParts } from "./imported-topic.ts";

const patience = 5000; // ms

/** A service that can be called from the ROS graph. */
export class ExportedService {
  readonly #service: string;
  readonly #there: string;
  /** The nodes that provide it. */
  readonly #providers: readonly string[];
  readonly #server: ServiceServer;
  #turn = 0;

  /**
   * @param providers the nodes that are called
   * @param isMixed whether others provide it too, which are not called: those of the ROS graph
   * @throws RosError when the type is not known
   */
  constructor(
    service: string,
    type: string,
    treatment: Treatment,
    providers: readonly string[],
    isMixed: boolean,
    { client, view }: MirrorParts,
  ) {
    const { as = service, timeout = patience } = treatment;
    this.#service = service;
    this.#there = as;
    this.#providers = providers;
    this.#server = client.serve(as, {
      type,
      handle: (request, signal) => {
        const node = isMixed ? { node: providers[this.#turn++ % providers.length]! } : {};
        return view.call(service, request, { timeout, signal, ...node });
      },
    });
  }

  get health(): ServiceHealth {
    const { type, calls, failed, problem } = this.#server;
    return {
      service: this.#service,
      there: this.#there,
      type,
      providers: this.#providers,
      active: problem === "",
      calls,
      failed,
      problem,
    };
  }

  close(): void {
    this.#server.close();
  }
}
