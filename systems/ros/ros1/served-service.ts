import { RosError, ServiceError } from "../../../src/errors.ts";
import type { ServeOptions, ServiceServer } from "../client/client.ts";
import { largestMessage, Output } from "../message/output.ts";
import type { ServiceType } from "../message/service-type.ts";
import type { Connection } from "./handshake.ts";
import { type Header, writeHeader } from "./header.ts";
import type { HeldRequests } from "./held-requests.ts";

const mostCallers = 1024;
const mostWaiting = 1024; // requests of one connection that wait for their turn
const mostBytes = 64 * 2 ** 20; // that they may have, or that may wait for a caller who does not read
const longestError = 10_000; // characters
const again = 5000; // ms after which another provider is looked at again

/** What a service that is provided needs of its node. */
export interface ServedParts {
  /** Fields for the header of every connection. */
  readonly greeting: Readonly<Record<string, string>>;
  /** Whether the provider that the master knows is alive. */
  readonly isAlive: (service: string) => Promise<boolean>;
  /** Counts what callers have this process keep. */
  readonly held: HeldRequests;
  /** Is told of what people should know of. */
  readonly warn: (text: string) => void;
  readonly onClose: () => void;
}

interface Other {
  readonly node: string;
  readonly at: number;
  dead: boolean;
}

/** A service that this node provides. */
export class ServedService implements ServiceServer {
  readonly name: string;
  calls = 0;
  failed = 0;
  problem = "";
  readonly #type: ServiceType;
  readonly #options: ServeOptions;
  readonly #parts: ServedParts;
  readonly #callers: Set<Connection> = new Set();
  /** Callers who are about to get an answer. */
  readonly #working: Set<Connection> = new Set();
  readonly #output: Output = new Output();
  /** Another provider, when it was looked at, and whether it was dead. */
  #other: Other | undefined;
  #closed = false;

  constructor(name: string, type: ServiceType, options: ServeOptions, parts: ServedParts) {
    this.name = name;
    this.#type = type;
    this.#options = options;
    this.#parts = parts;
  }

  get type(): string {
    return this.#type.name;
  }

  get callers(): number {
    return this.#callers.size;
  }

  /** Whether it may take the name from another node, which the master says provides it: only from one that is dead. */
  mayReplace(node: string): boolean {
    const other = this.#other;
    if (other?.node === node && other.dead) return true;
    if (other?.node === node && Date.now() - other.at < again) return false;
    const looked: Other = (this.#other = { node, at: Date.now(), dead: false });
    this.#tell(`${node} provides ${this.name} in the ROS graph already`);
    void this.#parts.isAlive(this.name).then((alive) => (looked.dead = !alive));
    return false;
  }

  /** The master knows it as this node's. */
  registered(): void {
    this.#other = undefined;
    this.problem = "";
  }

  refused(reason: string): void {
    this.#tell(reason);
  }

  /**
   * Takes a connection of a caller, or refuses it.
   *
   * @throws RosError why it is refused
   */
  accept(connection: Connection): void {
    const { header, stream, frames } = connection;
    const { name, md5, request, response } = this.#type;
    check(this.#type, header);
    if (this.#callers.size >= mostCallers) throw new RosError(`${this.name} has ${mostCallers} connections already`);
    stream.write(
      writeHeader({
        ...this.#parts.greeting,
        service: this.name,
        type: name,
        md5sum: md5,
        request_type: request.name,
        response_type: response.name,
      }),
    );
    if (header.get("probe") === "1") return stream.close();
    const gone = new AbortController();
    this.#callers.add(connection);
    const { held } = this.#parts;
    stream.onClose = () => {
      this.#callers.delete(connection);
      this.#working.delete(connection);
      held.remove(stream);
      gone.abort(new RosError(`${header.get("callerid") ?? "the caller"} has gone`));
    };
    const isPersistent = /^(1|true)$/i.test(header.get("persistent") ?? "");
    const waiting: Uint8Array[] = [];
    let bytes = 0;
    const work = async (): Promise<void> => {
      this.#working.add(connection);
      while (waiting.length > 0 && !gone.signal.aborted) {
        const body = waiting.shift()!;
        bytes -= body.length;
        const fits = await this.#answer(connection, body, gone.signal);
        held.less(stream, body.length);
        if (!fits || !isPersistent || this.#closed) return stream.close();
      }
      this.#working.delete(connection);
    };
    frames.largest = largestMessage;
    frames.onPart = (count) => held.add(stream, count);
    frames.onFrame = (body) => {
      waiting.push(body);
      bytes += body.length;
      if (waiting.length > mostWaiting || bytes > mostBytes) stream.destroy(new RosError("too many requests wait"));
      else if (!this.#working.has(connection)) void work();
    };
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const connection of this.#callers) if (!this.#working.has(connection)) connection.stream.close();
    this.#parts.onClose();
  }

  /** Answers one request; says whether it was one. */
  async #answer({ stream }: Connection, body: Uint8Array, signal: AbortSignal): Promise<boolean> {
    let fits = false;
    let answer: Uint8Array;
    this.calls++;
    try {
      const request = this.#type.request.read(body);
      fits = true;
      const result = await this.#options.handle(request, signal);
      answer = this.#type.response.write(this.#output, result === null ? undefined : result);
      stream.write(new Uint8Array([1]));
    } catch (error) {
      this.failed++;
      const text = error instanceof ServiceError ? error.remote.message : error instanceof Error ? error.message : String(error);
      const bytes = new TextEncoder().encode(text.slice(0, longestError));
      answer = new Uint8Array(5 + bytes.length);
      new DataView(answer.buffer).setUint32(1, bytes.length, true);
      answer.set(bytes, 5);
    }
    stream.write(answer);
    if (stream.buffered > mostBytes) stream.destroy(new RosError("the caller does not read what it has asked for"));
    return fits;
  }

  #tell(problem: string): void {
    if (this.problem === problem) return;
    this.problem = problem;
    this.#parts.warn(problem);
  }
}

/** Whether both ends mean the same type; a caller may leave it open. */
function check({ name, md5 }: ServiceType, header: Header): void {
  const sum = header.get("md5sum");
  if (sum === undefined) throw new RosError("the header has no md5sum");
  if (sum !== "*" && sum !== md5) throw new RosError(`the MD5 of ${name} is ${md5}, not ${sum.slice(0, 64)}: the definitions differ`);
}
