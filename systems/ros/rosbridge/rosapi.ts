import { RosError } from "../../../src/errors.ts";
import { StartLimit } from "../../../src/host/start-limit.ts";
import { Refusal } from "../client/refusal.ts";
import type { RosVersion } from "./definition.ts";
import type { Session } from "./session.ts";

const patience = 5000; // ms
const atOnce = 8; // calls: each is work for the server, and some do one after the other
const longestName = 1024;

/** What a server answers about the graph behind it, by the node rosapi. Every call settles within 5 s. */
export class Rosapi {
  /** That of the graph, as far as it is known. */
  version: RosVersion;
  readonly #session: Session;
  readonly #limit: StartLimit = new StartLimit(atOnce);

  constructor(session: Session, version: RosVersion) {
    this.#session = session;
    this.version = version;
  }

  /**
   * Calls one of its services.
   *
   * @throws Refusal when it does not want to, or is not there; NodeLostError when the server has gone; RosError when it does not answer
   */
  call(service: string, args: object = {}): Promise<Readonly<Record<string, unknown>>> {
    return this.#limit.run(() => this.#call(service, args));
  }

  /** The topics of the graph, and their types as the server writes them; empty where it does not know. */
  async topics(): Promise<ReadonlyMap<string, string>> {
    const { topics, types } = await this.call("topics");
    const kinds = texts(types);
    return new Map(texts(topics).map((name, i) => [name, kinds[i] ?? ""]));
  }

  async services(): Promise<readonly string[]> {
    return texts((await this.call("services")).services);
  }

  /** The nodes that publish a topic, or subscribe to it. */
  async nodes(kind: "publishers" | "subscribers", topic: string): Promise<readonly string[]> {
    return texts((await this.call(kind, { topic }))[kind]);
  }

  async #call(service: string, args: object): Promise<Readonly<Record<string, unknown>>> {
    const session = this.#session;
    const [began, late] = [Date.now(), new AbortController()];
    const timer = setTimeout(() => late.abort(new RosError(`/rosapi/${service} did not answer within ${patience} ms`)), patience);
    try {
      const { ok, values } = await session.call(`/rosapi/${service}`, JSON.stringify(args), late.signal);
      if (!ok) throw new Refusal(`/rosapi/${service} refuses: ${reasonOf(values)}`);
      if (typeof values !== "object" || values === null) throw new Refusal(`/rosapi/${service} did not answer with an object`);
      const answer = values as Readonly<Record<string, unknown>>;
      if (answer.successful === false) throw new Refusal(`/rosapi/${service} refuses: ${reasonOf(answer.reason)}`);
      return answer;
    } catch (error) {
      if (late.signal.aborted && session.heard < began && session.isAnswering) session.end("the server does not answer any more");
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }
}

/** The text of an error of a server. */
export function reasonOf(values: unknown): string {
  return typeof values === "string" && values !== "" ? values.slice(0, 10_000) : "no reason given";
}

/** The names in what should be a list of them. */
function texts(list: unknown): string[] {
  return (Array.isArray(list) ? (list as unknown[]).slice(0, 100_000) : []).map((name) =>
    typeof name === "string" && name.length <= longestName ? name : ""
  );
}
