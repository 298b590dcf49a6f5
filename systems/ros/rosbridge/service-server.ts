import { setMaxListeners } from "node:events";
import { RosError, ServiceError } from "../../../src/errors.ts";
import type { ServeOptions, ServiceServer } from "../client/client.ts";
import type { Place } from "./place.ts";
import { fullName } from "./definition.ts";
import type { WireService } from "./types.ts";

const patience = 10_000; // ms until what was refused is asked again
const mostOpen = 1024; // requests
const longestError = 10_000; // characters

/** A service that is provided by way of a server. */
export class WireServer implements ServiceServer {
  readonly name: string;
  calls = 0;
  failed = 0;
  problem = "it is not known to the server yet";
  readonly #options: ServeOptions;
  readonly #warn: (text: string) => void;
  readonly #onClose: () => void;
  #place: Place | undefined;
  /** Set while it is advertised. */
  #type: WireService | undefined;
  #gone: AbortController = signalOfMany();
  #isAsking = false;
  /** When to ask again what was refused, in ms since the epoch. */
  #again = 0;
  #open = 0;
  #closed = false;

  constructor(name: string, options: ServeOptions, warn: (text: string) => void, onClose: () => void) {
    this.name = name;
    this.#options = options;
    this.#warn = warn;
    this.#onClose = onClose;
  }

  get type(): string {
    return this.#options.type;
  }

  get callers(): number {
    return this.#open;
  }

  /**
   * The graph was looked at.
   *
   * @param other who provides a service of that name, where somebody does that is not this node
   */
  see(place: Place, other: string | undefined): void {
    if (this.#place === place && (this.#type !== undefined || Date.now() < this.#again)) return;
    this.#place = place;
    if (other !== undefined) return this.#tell(`${other} provides ${this.name} in the ROS graph already`);
    if (!this.#isAsking && !this.#closed) void this.#advertise(place);
  }

  /** Whether the server knows it as this node's. */
  get isAdvertised(): boolean {
    return this.#type !== undefined;
  }

  /** The server has gone, and all callers with it. */
  lost(): void {
    this.#place = this.#type = undefined;
    this.#gone.abort(new RosError("the rosbridge server has gone"));
    this.#gone = signalOfMany();
  }

  /** The server does not want to. */
  refuse(reason: string): void {
    this.#type = undefined;
    this.#again = Date.now() + patience;
    this.#tell(reason);
  }

  /** A caller wants something. */
  async take(id: unknown, args: unknown): Promise<void> {
    const [place, type] = [this.#place, this.#type];
    if (place === undefined || type === undefined) return;
    const head = `{"op":"service_response","id":${JSON.stringify(String(id))},"service":${JSON.stringify(this.name)},"values":`;
    this.calls++;
    this.#open++;
    try {
      if (this.#open > mostOpen) throw new RosError(`${mostOpen} calls are answered already`);
      const request = type.request.read(Array.isArray(args) ? byPlace(args, type) : args ?? {});
      const result = await this.#options.handle(request, this.#gone.signal);
      place.session.order(`${head}${type.response.write(result ?? undefined)},"result":true}`);
    } catch (error) {
      this.failed++;
      const text = error instanceof ServiceError ? error.remote.message : error instanceof Error ? error.message : String(error);
      place.session.order(`${head}${failure(type, text.slice(0, longestError))},"result":false}`);
    } finally {
      this.#open--;
    }
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    if (this.#type !== undefined) this.#place!.session.tell({ op: "unadvertise_service", service: this.name });
    this.#onClose();
  }

  async #advertise(place: Place): Promise<void> {
    this.#isAsking = true;
    try {
      const type = await place.types.service(this.#options.type);
      if (this.#closed || this.#place !== place || !place.session.isOpen) return;
      const { version } = place.rosapi;
      place.session.tell({
        op: "advertise_service",
        id: `advertise_service:${this.name}`,
        service: this.name,
        type: fullName(type.name, "srv", version),
      });
      this.#type = type;
      this.problem = "";
    } catch (error) {
      if (this.#place === place && place.session.isOpen) this.refuse((error as Error).message);
    } finally {
      this.#isAsking = false;
    }
  }

  #tell(problem: string): void {
    if (this.problem === problem) return;
    this.problem = problem;
    this.#warn(problem);
  }
}

/** As many listen to it as calls are answered. */
function signalOfMany(): AbortController {
  const ending = new AbortController();
  setMaxListeners(0, ending.signal);
  return ending;
}

/** The protocol lets arguments come as a list too: in the order of the fields. */
function byPlace(args: readonly unknown[], { request }: WireService): unknown {
  return Object.fromEntries(args.map((value, i) => [request.fields[i] ?? String(i), value]));
}

/**
 * What a caller gets for an error. Servers do not hand on that there was one, and wait for ever where the answer is no response; so it
 * is an empty one, which says it where the type has the words that many types of ROS have for that.
 */
function failure({ response }: WireService, message: string): string {
  const says = response.fields.includes("success") && response.fields.includes("message");
  try {
    return response.write(says ? { success: false, message } : {});
  } catch {
    return response.write({});
  }
}
