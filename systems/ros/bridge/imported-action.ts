import { NodeLostError, ServiceError } from "../../../src/errors.ts";
import type { TopicReader, TopicWriter } from "../client/client.ts";
import type { Treatment } from "./exposure.ts";
import { type ActionHealth, actionTopics, badEnds, goalStates, type GoalStatus, noTime } from "./goal.ts";
import type { MirrorParts } from "./imported-topic.ts";

const depth = 10; // feedback that waits to be read; the oldest is dropped first
const silence = 5000; // ms without a word from the server after which it is taken to be lost; it speaks five times a second

/** A goal that a server pursues for a caller here. */
class Goal {
  readonly #feedback: unknown[] = [];
  #end: { readonly result?: unknown; readonly error?: unknown } | undefined;
  #wake: () => void = () => {};
  /** Whether the server has said that it has ended. */
  isOver = false;

  feed(feedback: unknown): void {
    if (this.#feedback.push(feedback) > depth) this.#feedback.shift();
    this.#wake();
  }

  end(end: { readonly result?: unknown; readonly error?: unknown }): void {
    this.#end ??= end;
    this.#wake();
  }

  /** What comes next: feedback, and at last the result. */
  async next(): Promise<{ readonly feedback: unknown } | { readonly result: unknown }> {
    for (;;) {
      if (this.#feedback.length > 0) return { feedback: this.#feedback.shift() };
      if (this.#end !== undefined) {
        if ("error" in this.#end) throw this.#end.error;
        return { result: this.#end.result };
      }
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }
}

interface ActionMessage {
  readonly status: GoalStatus;
  readonly feedback?: unknown;
  readonly result?: unknown;
}

/** An action of the ROS graph that is a generator service here: its feedback is progress, and who no longer wants the result cancels. */
export class ImportedAction {
  readonly there: string;
  readonly #here: string;
  readonly #type: string;
  readonly #parts: MirrorParts;
  readonly #goals: Map<string, Goal> = new Map();
  readonly #opened: (TopicReader | TopicWriter)[] = [];
  readonly #goal: TopicWriter;
  readonly #cancel: TopicWriter;
  readonly #results: TopicReader;
  readonly #feedback: TopicReader;
  #provided: { close(): void } | undefined;
  #watchdog: ReturnType<typeof setInterval> | undefined;
  #spoken = 0;
  #count = 0;
  #ended = 0;
  #failed = 0;
  #problem = "";

  /**
   * @param there its name in the ROS graph
   * @param type without `Action` behind it
   * @throws RosError when the type is not known
   */
  constructor(there: string, type: string, treatment: Treatment, parts: MirrorParts) {
    this.there = there;
    this.#here = treatment.as ?? there;
    this.#type = type;
    this.#parts = parts;
    const topics = actionTopics(there);
    try {
      this.#goal = this.#write(topics.goal, `${type}ActionGoal`);
      this.#cancel = this.#write(topics.cancel, "actionlib_msgs/GoalID");
      this.#results = this.#read<ActionMessage>(topics.result, `${type}ActionResult`, (message) => this.#onResult(message));
      this.#feedback = this.#read<ActionMessage>(topics.feedback, `${type}ActionFeedback`, ({ status, feedback }) => {
        this.#goals.get(status.goal_id.id)?.feed(feedback);
      });
      this.#read(topics.status, "actionlib_msgs/GoalStatusArray", () => this.#see());
    } catch (error) {
      this.#closeTopics();
      throw error;
    }
  }

  get health(): ActionHealth {
    return {
      action: this.#here,
      there: this.there,
      type: this.#type,
      servers: this.#results.peers.filter(({ state }) => state === "connected").map(({ peer }) => peer),
      active: this.#provided !== undefined,
      open: this.#goals.size,
      ended: this.#ended,
      failed: this.#failed,
      problem: this.#problem,
    };
  }

  close(): void {
    this.#lose("is not imported any more");
    this.#closeTopics();
  }

  #write(topic: string, type: string): TopicWriter {
    const onAudience = (): void => {
      if (this.#goal?.subscribers === 0) this.#lose("was lost");
    };
    const writer = this.#parts.client.write(topic, { type, latched: false, depth: 1000, onAudience });
    this.#opened.push(writer);
    return writer;
  }

  #read<T>(topic: string, type: string, take: (message: T) => void): TopicReader {
    const reader = this.#parts.client.read(topic, { type, onMessage: (message) => take(message as T), onLatched: () => {} });
    this.#opened.push(reader);
    return reader;
  }

  #closeTopics(): void {
    for (const one of this.#opened) one.close();
  }

  /** The server has spoken. */
  #see(): void {
    this.#spoken = Date.now();
    if (this.#provided !== undefined) return;
    const isHeard = (reader: TopicReader): boolean => reader.peers.some(({ state }) => state === "connected");
    if (this.#goal.subscribers === 0 || this.#cancel.subscribers === 0 || !isHeard(this.#results) || !isHeard(this.#feedback)) return;
    const { view, origin, warn } = this.#parts;
    try {
      this.#provided = view.provide(this.#here, this.#pursue.bind(this), { type: `${this.#type}Action`, origin });
      this.#problem = "";
      this.#watchdog = setInterval(() => {
        if (Date.now() - this.#spoken > silence) this.#lose(`has said nothing for ${silence / 1000} s`);
      }, silence / 5);
    } catch (error) {
      const problem = (error as Error).message;
      if (this.#problem !== problem) warn(`the action ${this.there} cannot be imported: ${problem}`);
      this.#problem = problem;
    }
  }

  /** There is no server any more. */
  #lose(why: string): void {
    clearInterval(this.#watchdog);
    this.#provided?.close();
    this.#provided = undefined;
    for (const goal of this.#goals.values()) {
      goal.end({ error: new NodeLostError(`the server of the action ${this.there} ${why}`, { name: this.there }) });
    }
  }

  #onResult({ status, result }: ActionMessage): void {
    const goal = this.#goals.get(status.goal_id.id);
    if (goal === undefined) return;
    goal.isOver = true;
    if (status.status === goalStates.succeeded) return goal.end({ result });
    const name = badEnds[status.status] ?? `State ${status.status}`;
    const message = status.text || `the goal was ${name.toLowerCase()}`;
    const server = this.health.servers[0] ?? "";
    goal.end({ error: new ServiceError(this.there, server, { name, message, code: status.status, data: result }) });
  }

  async *#pursue(input: unknown, { signal }: { readonly signal: AbortSignal }): AsyncGenerator<unknown, unknown> {
    const id = `${this.#parts.client.name}-${++this.#count}-${Date.now() / 1000}`;
    const stamp = new Date();
    const goal = new Goal();
    this.#goals.set(id, goal);
    const aborted = (): void => goal.end({ error: signal.reason });
    signal.addEventListener("abort", aborted, { once: true });
    let isSent = false;
    let isDone = false;
    try {
      this.#goal.write({ header: { stamp }, goal_id: { stamp, id }, goal: input });
      isSent = true;
      for (;;) {
        const event = await goal.next();
        if ("feedback" in event) yield event.feedback;
        else {
          isDone = true;
          return event.result;
        }
      }
    } finally {
      signal.removeEventListener("abort", aborted);
      this.#goals.delete(id);
      this.#ended++;
      if (!isDone) this.#failed++;
      if (isSent && !goal.isOver) this.#cancel.write({ stamp: noTime, id });
    }
  }
}
