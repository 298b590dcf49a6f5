import { NodeLostError, RosError, ServiceError, UnknownServiceError } from "../../../src/errors.ts";
import { Refusal } from "../client/refusal.ts";
import type { RemoteServiceInfo, ServiceCaller, UseOptions } from "../client/client.ts";
import { plainName } from "../message/definition.ts";
import type { Place } from "./place.ts";
import { reasonOf } from "./rosapi.ts";
import type { WireService } from "./types.ts";

/** A service that is called by way of a server. */
export class WireCaller implements ServiceCaller {
  readonly name: string;
  readonly #options: UseOptions;
  readonly #onClose: () => void;
  #place: Place | undefined;
  #type: WireService | undefined;
  #info: RemoteServiceInfo = { type: "", node: "", state: "connecting", reason: "" };
  #isAsking = false;
  #closed = false;

  constructor(name: string, options: UseOptions, onClose: () => void) {
    this.name = name;
    this.#options = options;
    this.#onClose = onClose;
  }

  get info(): RemoteServiceInfo {
    return this.#info;
  }

  /** The graph was looked at. */
  see(place: Place): void {
    const isKnown = this.#place === place && this.#info.state === "ready";
    this.#place = place;
    if (!isKnown && !this.#isAsking && !this.#closed) void this.#ask(place);
  }

  /** The server has gone; what was ready is, until it is seen otherwise. */
  lost(): void {
    this.#place = undefined;
  }

  async call(input: unknown, signal: AbortSignal): Promise<unknown> {
    const [type, place] = [this.#type, this.#place];
    const { node } = this.#info;
    if (type === undefined || place === undefined) {
      const why = place === undefined ? "the rosbridge server is away" : this.#info.reason;
      throw new NodeLostError(`${this.name} cannot be reached: ${why}`, { name: this.name });
    }
    const args = type.request.write(input);
    const { ok, values } = await place.session.call(this.name, args, signal);
    if (ok) return type.response.read(values ?? {}); // what returns nothing may be left out
    const message = reasonOf(values);
    if (/\bdoes not exist\b|InvalidService/.test(message)) {
      throw new UnknownServiceError(`nobody provides ${this.name} in the ROS graph: ${message}`, { name: this.name });
    }
    throw new ServiceError(this.name, node, { name: "Error", message });
  }

  refresh(): void {
    if (this.#place !== undefined && !this.#isAsking && !this.#closed) void this.#ask(this.#place);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#onClose();
  }

  async #ask(place: Place): Promise<void> {
    this.#isAsking = true;
    try {
      const name = await this.#typeName(place);
      const type = await place.types.service(name);
      const node = await this.#node(place);
      this.#become(place, { type: name, node, state: "ready", reason: "" }, type);
    } catch (error) {
      if (error instanceof NodeLostError) return;
      this.#become(place, { ...this.#info, state: error instanceof Refusal ? "refused" : "connecting", reason: (error as Error).message });
    } finally {
      this.#isAsking = false;
    }
  }

  /** @throws RosError when it is not known, Refusal when it is not the one that is wanted */
  async #typeName(place: Place): Promise<string> {
    const wanted = this.#options.type;
    if (!place.hasRosapi) {
      if (wanted !== undefined) return wanted;
      throw new RosError(`the type of ${this.name} is not known: the server has no rosapi, and the list does not give it`);
    }
    const { type } = await place.rosapi.call("service_type", { service: this.name });
    if (typeof type !== "string" || type === "") throw new RosError(`the type of ${this.name} is not known yet`);
    const name = plainName(type);
    if (wanted === undefined || wanted === name) return name;
    throw new Refusal(`${this.name} has the type ${name.slice(0, 200)} there, not ${wanted}`);
  }

  async #node(place: Place): Promise<string> {
    if (!place.hasRosapi) return place.address;
    try {
      const { node } = await place.rosapi.call("service_node", { service: this.name });
      return typeof node === "string" && node !== "" ? node : place.address;
    } catch {
      return place.address; // not every server can tell
    }
  }

  #become(place: Place, info: RemoteServiceInfo, type = this.#type): void {
    if (this.#closed || this.#place !== place) return;
    this.#type = type;
    this.#info = info;
    this.#options.onInfo();
  }
}
