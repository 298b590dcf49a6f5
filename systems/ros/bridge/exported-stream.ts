import type { BridgeInput } from "../../../src/node/graph-view.ts";
import type { TopicWriter } from "../client/client.ts";
import type { Treatment } from "./exposure.ts";
import type { MirrorHealth, MirrorParts } from "./imported-topic.ts";

const usualDepth = 10;

/** A stream that is a topic: while somebody in the ROS graph reads the topic, the stream is read. */
export class ExportedStream {
  readonly stream: string;
  readonly topic: string;
  readonly type: string;
  readonly #latched: boolean;
  readonly #treatment: Treatment;
  readonly #parts: MirrorParts;
  /** Nodes whose items come from the ROS graph. */
  readonly #ignored: ReadonlySet<string>;
  readonly #writer: TopicWriter;
  #reading: BridgeInput | undefined;
  #problem = "";

  /**
   * @param ignored nodes whose items come from the ROS graph, and do not go back
   * @throws RosError when the type is not known
   */
  constructor(stream: string, type: string, latched: boolean, treatment: Treatment, ignored: ReadonlySet<string>, parts: MirrorParts) {
    this.stream = stream;
    this.topic = treatment.as ?? stream;
    this.type = type;
    this.#latched = latched;
    this.#treatment = treatment;
    this.#ignored = ignored;
    this.#parts = parts;
    const { depth = usualDepth } = treatment;
    this.#writer = parts.client.write(this.topic, { type, latched, depth, onAudience: () => this.#hear() });
  }

  get health(): MirrorHealth {
    const { topic, stream, type } = this;
    const { counts, peers } = this.#writer;
    return { topic, stream, type, active: this.#reading !== undefined, ...counts, peers, problem: this.#problem };
  }

  close(): void {
    this.#reading?.close();
    this.#writer.close();
  }

  #hear(): void {
    const heard = this.#writer.subscribers > 0;
    if (heard === (this.#reading !== undefined)) return;
    if (heard) this.#reading = this.#read();
    else if (!this.#latched) { // else, who subscribes next gets the last item, which has to be the last one then
      this.#reading!.close();
      this.#reading = undefined;
    }
  }

  #read(): BridgeInput {
    const { depth = usualDepth, maxRate } = this.#treatment;
    const options = { depth, ...(maxRate === undefined ? {} : { maxRate }) };
    const write = (value: unknown): void => this.#write(value);
    if (this.#ignored.size === 0) return this.#parts.view.subscribe(this.stream, options, write);
    return this.#parts.view.subscribe(this.stream, options, (value, info) => {
      if (!this.#ignored.has(info.publisher)) write(value);
    });
  }

  /** Of the item that is being written: unless it is shared, the copy was made for this. */
  readonly #isOwn = (): boolean => this.#reading?.info?.shared === false;

  #write(value: unknown): void {
    try {
      this.#writer.write(value, this.#isOwn);
    } catch (error) {
      const { message } = error as Error;
      if (this.#problem === "") this.#parts.warn(`an item of ${this.stream} cannot go to ROS as ${this.type}: ${message}`);
      this.#problem = message;
    }
  }
}
