import type { ServiceServer } from "../client/client.ts";
import type { ServiceHealth } from "./imported-service.ts";
import type { MirrorParts } from "./imported-topic.ts";
import { nodeChooser, type OwnService } from "./own-services.ts";

const patience = 5000; // ms

/** A service that can be called from the ROS graph. */
export class ExportedService {
  readonly #service: OwnService;
  readonly #server: ServiceServer;

  /** @throws RosError when the type is not known */
  constructor(service: OwnService, { client, view }: MirrorParts) {
    const { name, type, rule: { as = name, timeout = patience } } = service;
    const node = nodeChooser(service);
    this.#service = service;
    this.#server = client.serve(as, {
      type,
      handle: (request, signal) => view.call(name, request, { timeout, signal, ...node() }),
    });
  }

  get health(): ServiceHealth {
    const { type, calls, failed, problem } = this.#server;
    const { name, rule, providers } = this.#service;
    return {
      service: name,
      there: rule.as ?? name,
      type,
      providers,
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
