import { Buffer } from "node:buffer";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { RosError } from "../../../src/errors.ts";
import { readCall } from "./read.ts";
import { largestDocument, XmlFault } from "./value.ts";
import { writeAnswer, writeFault } from "./write.ts";

/** Answers a call; what it throws is the fault that the caller gets. */
export type XmlHandler = (params: readonly unknown[], from: { readonly address: string }) => unknown;

const mostConnections = 256;
const patience = 10_000; // ms for one request to be complete
const mostAtOnce = 64; // bodies that are being read
const mostBytes = 64 * 2 ** 20; // that they may have together

/** A server of XML-RPC: what is no call gets a fault, what is too large or too slow is cut off. */
export class XmlServer {
  readonly #server: Server;
  readonly #methods: Readonly<Record<string, XmlHandler>>;
  readonly #onRefused: (address: string, reason: string) => void;
  #reading = 0;
  #bytes = 0;

  /**
   * @param methods by name
   * @param onRefused is told of what is no call: the address that it came from, and what is wrong with it
   */
  constructor(methods: Readonly<Record<string, XmlHandler>>, onRefused: (address: string, reason: string) => void = () => {}) {
    this.#methods = methods;
    this.#onRefused = onRefused;
    this.#server = createServer({ requestTimeout: patience, headersTimeout: patience, keepAliveTimeout: 5000, maxHeaderSize: 16 * 1024 });
    this.#server.maxConnections = mostConnections;
    this.#server.on("request", (request, response) => void this.#serve(request, response));
    this.#server.on("clientError", (error: NodeJS.ErrnoException, socket) => {
      if (error.code?.startsWith("HPE_") === true) {
        this.#onRefused((socket as Socket).remoteAddress ?? "", `it is no HTTP: ${error.message}`);
      }
      socket.destroy();
    });
  }

  /**
   * Listens.
   *
   * @param host which interface; undefined for all
   * @param port 0 for any
   * @returns the port
   */
  listen(host: string | undefined, port: number): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#server.once("error", (error) => reject(new RosError(`cannot listen at port ${port}: ${error.message}`, { cause: error })));
      this.#server.listen({ port, ...(host === undefined ? {} : { host }) }, () => {
        this.#server.removeAllListeners("error").on("error", () => {});
        resolve((this.#server.address() as AddressInfo).port);
      });
    });
  }

  /** Ends at once, and all connections with it. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeAllConnections();
    await closed;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { socket } = request;
    request.on("error", () => socket.destroy());
    response.on("error", () => socket.destroy());
    if (request.method !== "POST" || this.#reading >= mostAtOnce) {
      response.writeHead(request.method === "POST" ? 503 : 405, { connection: "close" }).end();
      return;
    }
    const body = await this.#body(request);
    if (body === undefined) return void socket.destroy();
    const document = await this.#answer(body, socket.remoteAddress ?? "");
    response.writeHead(200, { "content-type": "text/xml", "content-length": Buffer.byteLength(document) }).end(document);
  }

  /** The body of a request; undefined where it ends too early, is too large or too slow. */
  async #body(request: IncomingMessage): Promise<string | undefined> {
    const chunks: Buffer[] = [];
    let size = 0;
    this.#reading++;
    const late = setTimeout(() => request.destroy(), patience);
    try {
      for await (const chunk of request) {
        size += (chunk as Buffer).length;
        this.#bytes += (chunk as Buffer).length;
        if (size > largestDocument || this.#bytes > mostBytes) {
          const why = size > largestDocument
            ? `its call is larger than ${largestDocument} bytes`
            : `all calls have more than ${mostBytes} bytes`;
          this.#onRefused(request.socket.remoteAddress ?? "", why);
          return undefined;
        }
        chunks.push(chunk as Buffer);
      }
      return Buffer.concat(chunks).toString("utf8");
    } catch {
      return undefined;
    } finally {
      clearTimeout(late);
      this.#reading--;
      this.#bytes -= size;
    }
  }

  async #answer(body: string, address: string): Promise<string> {
    let call: ReturnType<typeof readCall>;
    try {
      call = readCall(body);
    } catch (error) {
      this.#onRefused(address, `its call cannot be read: ${(error as Error).message}`);
      return writeFault(1, (error as Error).message);
    }
    try {
      const { method, params } = call;
      const handler = Object.hasOwn(this.#methods, method) ? this.#methods[method]! : undefined;
      if (handler === undefined) throw new XmlFault(1, `there is no method ${method.slice(0, 80)}`);
      return writeAnswer(await handler(params, { address }));
    } catch (error) {
      return writeFault(error instanceof XmlFault ? error.faultCode : 1, error instanceof Error ? error.message : String(error));
    }
  }
}
