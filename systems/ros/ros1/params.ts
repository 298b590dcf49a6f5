import { type ForeignParams, sessionName } from "../client/client.ts";
import { isStruct, XmlFault } from "../xmlrpc/value.ts";
import { writeValue } from "../xmlrpc/write.ts";
import type { Master } from "./master.ts";
import { Refusal } from "../client/refusal.ts";

const longestName = 1024;

/** The params that the master keeps. */
export class Ros1Params implements ForeignParams {
  onChange: (name: string, value: unknown) => void = () => {};
  onForgotten: () => void = () => {};
  readonly #master: Master;
  readonly #address: () => string;
  /** A param by which it shows whether the master has still got what it was told. */
  readonly #mark: string;
  readonly #session: string = Math.random().toString(36).slice(2);
  #subscribed: Set<string> = new Set();
  #isMarked = false;

  /**
   * @param caller this node's name
   * @param address of this node's slave API
   */
  constructor(master: Master, caller: string, address: () => string) {
    this.#master = master;
    this.#mark = `${caller}/${sessionName}`;
    this.#address = address;
  }

  async subscribe(base: string): Promise<unknown> {
    await this.#leaveMark();
    this.#subscribed.add(base);
    return some(await this.#call("subscribeParam", this.#address(), base));
  }

  async unsubscribe(base: string): Promise<void> {
    this.#subscribed.delete(base);
    await this.#call("unsubscribeParam", this.#address(), base);
  }

  async names(): Promise<readonly string[]> {
    const names = await this.#call("getParamNames");
    return (Array.isArray(names) ? names : []).filter((name) =>
      typeof name === "string" && name.length <= longestName && name !== this.#mark
    );
  }

  async get(name: string): Promise<unknown> {
    if ((await this.#call("hasParam", name)) !== true) return undefined;
    return some(await this.#call("getParam", name));
  }

  async set(name: string, value: unknown): Promise<void> {
    try {
      writeValue(value);
    } catch (error) {
      throw new Refusal((error as Error).message, { cause: error });
    }
    await this.#leaveMark();
    await this.#call("setParam", name, value);
  }

  async delete(name: string): Promise<void> {
    if ((await this.#call("hasParam", name)) === true) await this.#call("deleteParam", name);
  }

  /** The master, or somebody in its name, tells of a change. */
  changed(written: string, value: unknown): void {
    const name = written.length > 1 ? written.replace(/\/+$/, "") : written;
    if (name.length > longestName || this.#subscribed.size === 0) return;
    this.onChange(name === "" ? "/" : name, some(value));
  }

  /**
   * Looks whether the master has still got what it was told.
   *
   * @throws RosError when the master cannot be reached
   */
  async check(): Promise<void> {
    if (!this.#isMarked) return;
    let there: unknown;
    try {
      there = await this.#call("getParam", this.#mark);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
    }
    if (there === this.#session) return;
    this.#isMarked = false;
    this.onForgotten();
  }

  /** Takes back what is this node's only. */
  async close(): Promise<void> {
    for (const base of this.#subscribed) await this.unsubscribe(base).catch(() => {});
    if (this.#isMarked) await this.delete(this.#mark).catch(() => {});
  }

  async #leaveMark(): Promise<void> {
    if (this.#isMarked) return;
    await this.#call("setParam", this.#mark, this.#session);
    this.#isMarked = true;
  }

  /** A fault of the master's is a refusal: it was reached, and does not want to, or cannot say what it has. */
  async #call(method: string, ...params: readonly unknown[]): Promise<unknown> {
    try {
      return await this.#master.call(method, ...params);
    } catch (error) {
      if (error instanceof XmlFault) throw new Refusal(`${method} at the master: ${error.message.slice(0, 500)}`, { cause: error });
      throw error;
    }
  }
}

/** What is there: an empty dictionary says that nothing is. */
function some(value: unknown): unknown {
  return isStruct(value) && Object.keys(value).length === 0 ? undefined : value;
}
