import { Buffer } from "node:buffer";
import { request } from "node:http";
import { RosError } from "../../../src/errors.ts";
import { readAnswer } from "./read.ts";
import { largestDocument, type XmlValue } from "./value.ts";
import { writeCall } from "./write.ts";

const patience = 5000; // ms
const longestAddress = 2000; // characters: others say where they are, and errors repeat it

/**
 * Calls a procedure elsewhere. It settles within its time, whatever the other side does.
 *
 * @param address `http://host:port/`
 * @param options `signal` ends it; `timeout` in ms, 5,000 by default
 * @throws RosError when there is no answer, or no good one; XmlFault when the other side refuses
 */
export async function callXml(
  address: string,
  method: string,
  params: readonly unknown[],
  { signal, timeout = patience }: { readonly signal?: AbortSignal; readonly timeout?: number } = {},
): Promise<XmlValue> {
  const body = Buffer.from(writeCall(method, params), "utf8");
  let url: URL;
  try {
    if (address.length > longestAddress) throw new Error(`it has ${address.length} characters`);
    url = new URL(address);
    if (url.protocol !== "http:") throw new Error(`${url.protocol} is not http:`);
  } catch (error) {
    throw new RosError(`${JSON.stringify(address.slice(0, 200))} is no address of an XML-RPC server, such as http://localhost:11311`, {
      name: address.slice(0, 200),
      cause: error,
    });
  }
  const failed = (why: string, cause?: unknown): RosError => new RosError(`${method} at ${address}: ${why}`, { name: address, cause });
  const document = await new Promise<string>((resolve, reject) => {
    const headers = { "content-type": "text/xml", "content-length": body.length, connection: "close" };
    const asked = request({
      host: url.hostname.replace(/^\[|\]$/g, ""),
      port: url.port || 80,
      path: url.pathname,
      method: "POST",
      headers,
      agent: false,
    });
    const end = (settle: () => void): void => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", aborted);
      settle();
      asked.destroy();
    };
    const fail = (error: unknown): void => end(() => reject(error));
    const aborted = (): void => fail(signal!.reason);
    const timer = setTimeout(() => fail(failed(`no answer within ${timeout} ms`)), timeout);
    asked.on("error", (error) => fail(failed(error.message, error)));
    asked.on("response", (answer) => {
      const chunks: Buffer[] = [];
      let size = 0;
      answer.on("error", (error) => fail(failed(error.message, error)));
      answer.on("close", () => fail(failed("the answer ended too early")));
      answer.on("data", (chunk: Buffer) => {
        size += chunk.length;
        if (size > largestDocument) fail(failed(`the answer is larger than ${largestDocument / 2 ** 20} MiB`));
        else chunks.push(chunk);
      });
      answer.on("end", () => {
        if (answer.statusCode !== 200) fail(failed(`HTTP ${String(answer.statusCode)}`));
        else end(() => resolve(Buffer.concat(chunks).toString("utf8")));
      });
    });
    if (signal?.aborted) return aborted();
    signal?.addEventListener("abort", aborted, { once: true });
    asked.end(body);
  });
  try {
    return readAnswer(document);
  } catch (error) {
    if (error instanceof RosError) throw failed(error.message, error);
    throw error;
  }
}
