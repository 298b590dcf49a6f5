import { NodeLostError, type RosError, ServiceError, UnknownServiceError } from "../../../src/errors.ts";
import { readText } from "../../../src/codec/text-reader.ts";
import type { RemoteServiceInfo, ServiceCaller, UseOptions } from "../client/client.ts";
import { Output } from "../message/output.ts";
import type { ServiceType } from "../message/service-type.ts";
import { Backoff } from "../client/backoff.ts";
import { connect } from "./handshake.ts";
import type { Header } from "./header.ts";
import { Refusal } from "../client/refusal.ts";
import { type Answer, ServiceLink } from "./service-link.ts";
import { ServicePool } from "./service-pool.ts";

const longestError = 10_000; // characters of an error of the other side

/** An address of the TCPROS kind. */
export interface Place {
  readonly host: string;
  readonly port: number;
}

/** What a service that is called needs of its node. */
export interface RemoteServiceParts {
  /** Fields for the header of every connection. */
  readonly greeting: Readonly<Record<string, string>>;
  /** Asks the master where it is. */
  readonly lookup: (service: string) => Promise<Place>;
  /** @throws RosError when the type is not known here */
  readonly typeOf: (name: string) => ServiceType;
  /** Whether a provider is one of the same graph, by another bridge. */
  readonly isOwn: (header: Header) => boolean;
  /** Ms between two attempts to reach a provider, at most. */
  readonly patience: () => number;
  /** Lets a few ask at a time. */
  readonly inTurn: <T>(run: () => Promise<T>) => Promise<T>;
  readonly onClose: () => void;
}

/** A service of the ROS graph that this node calls. */
export class RemoteService implements ServiceCaller {
  readonly name: string;
  readonly #options: UseOptions;
  readonly #parts: RemoteServiceParts;
  readonly #output: Output = new Output();
  readonly #pool: ServicePool;
  #info: RemoteServiceInfo = { type: "", node: "", state: "connecting", reason: "" };
  #type: ServiceType | undefined;
  /** Where it was last: while the master is away, it is still there. */
  #place: Place | undefined;
  #looking: Promise<Place> | undefined;
  /** Ends the asking that is under way. */
  #asking: AbortController | undefined;
  #closed = false;

  constructor(name: string, options: UseOptions, parts: RemoteServiceParts) {
    this.name = name;
    this.#options = options;
    this.#parts = parts;
    this.#pool = new ServicePool((signal) => this.#link(signal), () => this.#doubt());
    void this.#ask();
  }

  get info(): RemoteServiceInfo {
    return this.#info;
  }

  async call(input: unknown, signal: AbortSignal): Promise<unknown> {
    const type = this.#type;
    if (type === undefined) throw new NodeLostError(`${this.name} is not ready: ${this.#info.reason}`, { name: this.name });
    const request = type.request.write(this.#output, input);
    const answer = await this.#pool.with(signal, (link) => this.#exchange(link, request, signal));
    if (answer.ok) return type.response.read(answer.body);
    const text = readText(answer.body, 0, answer.body.length) ?? "an error whose text is no UTF-8";
    throw new ServiceError(this.name, this.#info.node, {
      name: "Error",
      message: text.slice(0, longestError) || "an error without a text",
    });
  }

  refresh(): void {
    if (this.#closed) return;
    this.#pool.drop();
    void this.#ask();
  }

  /** It is called no more; calls that are out go on. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#asking?.abort();
    void this.#pool.finish().then(this.#parts.onClose);
  }

  /** Calls that are out end too. */
  end(): void {
    this.close();
    this.#pool.close();
  }

  async #exchange(link: ServiceLink, request: Uint8Array, signal: AbortSignal): Promise<Answer> {
    try {
      return await link.exchange(request, signal);
    } catch (error) {
      if (!(error instanceof NodeLostError)) throw error;
      this.#doubt();
      throw new NodeLostError(`${this.name} of ${this.#info.node} was called: ${error.message}`, {
        node: this.#info.node,
        name: this.name,
        cause: error,
      });
    }
  }

  /** Something is wrong with the provider: whether it is there has to be seen. */
  #doubt(): void {
    this.#pool.drop();
    if (this.#asking === undefined && this.#info.state === "ready") void this.#ask();
  }

  /** Opens a connection for calls. */
  async #link(signal: AbortSignal): Promise<ServiceLink> {
    const type = this.#type!;
    let place: Place;
    try {
      place = await this.#lookup();
    } catch (error) {
      this.#doubt();
      throw error instanceof Refusal
        ? new UnknownServiceError(`nobody provides ${this.name} in the ROS graph`, { name: this.name })
        : error;
    }
    let link: ServiceLink | undefined;
    const header = { ...this.#parts.greeting, service: this.name, type: type.name, md5sum: type.md5, persistent: "1" };
    try {
      await connect({ ...place, header }, signal, (connection) => (link = new ServiceLink(connection)));
      return link!;
    } catch (error) {
      if (signal.aborted) throw error;
      this.#doubt();
      if (error instanceof Refusal) throw error;
      throw new NodeLostError(`${this.name} of ${this.#info.node} cannot be reached: ${(error as Error).message}`, {
        node: this.#info.node,
        name: this.name,
        cause: error,
      });
    }
  }

  /** Asks the master, once for all who want to know now. */
  #lookup(): Promise<Place> {
    return (this.#looking ??= this.#look().finally(() => (this.#looking = undefined)));
  }

  async #look(): Promise<Place> {
    try {
      return (this.#place = await this.#parts.lookup(this.name));
    } catch (error) {
      if (error instanceof Refusal || this.#place === undefined) throw error;
      return this.#place;
    }
  }

  /** Asks the provider what it is, until it says so: of what is not known, nothing can be called. */
  async #ask(): Promise<void> {
    this.#asking?.abort();
    const { signal } = (this.#asking = new AbortController());
    const unreached = new Backoff(200, this.#parts.patience);
    const refused = new Backoff(3000, 60_000); // what it is changes with its provider only
    let where = "";
    let isFirst = true;
    while (!signal.aborted && !this.#closed) {
      try {
        const { type, node } = await this.#parts.inTurn(() => this.#probe(signal));
        if (signal.aborted) return;
        this.#asking = undefined;
        if (type !== undefined) this.#type = type;
        return this.#become({ type: type?.name ?? "", node, state: type === undefined ? "own" : "ready", reason: "" });
      } catch (error) {
        if (signal.aborted) return;
        const state = error instanceof Refusal ? "refused" : "connecting";
        // One that was there a moment ago may be there again in another.
        if (!isFirst || this.#info.state !== "ready" || state === "refused") {
          this.#become({ ...this.#info, state, reason: (error as Error).message });
        }
        isFirst = false;
        const before = where;
        where = `${this.#place?.host} ${this.#place?.port}`;
        if (where !== before) refused.reset();
        await (state === "refused" ? refused : unreached).wait(signal);
      }
    }
  }

  async #probe(signal: AbortSignal): Promise<{ readonly type: ServiceType | undefined; readonly node: string }> {
    const place = await this.#lookup();
    const header = { ...this.#parts.greeting, service: this.name, md5sum: "*", probe: "1" };
    let said: Header | undefined;
    await connect({ ...place, header }, signal, (connection) => {
      said = connection.header;
      connection.stream.close();
    });
    const node = said!.get("callerid") ?? `${place.host}:${place.port}`;
    return { type: this.#parts.isOwn(said!) ? undefined : this.#typeOf(said!), node };
  }

  /**
   * The type of the provider.
   *
   * @throws Refusal when it is not the one that is wanted, or not known here
   */
  #typeOf(header: Header): ServiceType {
    const name = header.get("type") ?? "";
    const wanted = this.#options.type;
    if (wanted !== undefined && wanted !== name) throw new Refusal(`${this.name} has the type ${name.slice(0, 200)} there, not ${wanted}`);
    let type: ServiceType;
    try {
      type = this.#parts.typeOf(name);
    } catch (error) {
      throw new Refusal((error as RosError).message, { cause: error });
    }
    const sum = header.get("md5sum");
    if (sum === type.md5) return type;
    throw new Refusal(`the MD5 of ${name} is ${type.md5} here, and ${String(sum).slice(0, 64)} there: the definitions differ`);
  }

  #become(info: RemoteServiceInfo): void {
    if (this.#closed) return;
    this.#info = info;
    if (info.state !== "ready") this.#pool.drop();
    this.#options.onInfo();
  }
}
