import { NodeLostError, ServiceError } from "../../../src/errors.ts";
import type { TopicReader, TopicWriter } from "../client/client.ts";
import type { Treatment } from "./exposure.ts";
import { type ActionHealth, actionTopics, endOf, goalStates, type GoalStatus, noTime } from "./goal.ts";
import { beat, Goal } from "./imported-action-goal.ts";
import type { MirrorParts } from "./imported-topic.ts";

const silence = 5; // beats without a word from the server after which it is taken to be lost; it speaks five times in one

interface ActionMessage {
  readonly status: GoalStatus;
  readonly feedback?: unknown;
  readonly result?: unknown;
}

interface GoalList {
  readonly status_list: readonly GoalStatus[];
}

/** An action of the ROS graph that is a generator service here: its feedback is progress, and who no longer wants the result cancels. */
export class ImportedAction {
  readonly there: string;
  /** Without `Action` behind it. */
  readonly type: string;
  readonly #here: string;
  readonly #parts: MirrorParts;
  readonly #goals: Map<string, Goal> = new Map();
  readonly #opened: (TopicReader | TopicWriter)[] = [];
  readonly #goal: TopicWriter;
  readonly #cancel: TopicWriter;
  readonly #results: TopicReader;
  readonly #feedback: TopicReader;
  #provided: { close(): void } | undefined;
  #watchdog: ReturnType<typeof setInterval> | undefined;
  /** Whether the server has spoken since the last beat, and how many have passed in which it has not. */
  #hasSpoken = false;
  #silent = 0;
  #count = 0;
  #ended = 0;
  #failed = 0;
  #problem = "";
  #isServed = true;

  /**
   * @param there its name in the ROS graph
   * @param type without `Action` behind it
   * @throws RosError when the type is not known
   */
  constructor(there: string, type: string, treatment: Treatment, parts: MirrorParts) {
    this.there = there;
    this.#here = treatment.as ?? there;
    this.type = type;
    this.#parts = parts;
    const topics = actionTopics(there);
    try {
      this.#goal = this.#write(topics.goal, `${type}ActionGoal`);
      this.#cancel = this.#write(topics.cancel, "actionlib_msgs/GoalID");
      this.#results = this.#read<ActionMessage>(topics.result, `${type}ActionResult`, (message) => this.#onResult(message));
      this.#feedback = this.#read<ActionMessage>(topics.feedback, `${type}ActionFeedback`, ({ status, feedback }) => {
        this.#goals.get(status.goal_id.id)?.feed(feedback);
      });
      this.#read<GoalList>(topics.status, "actionlib_msgs/GoalStatusArray", (list) => this.#see(list));
    } catch (error) {
      this.#closeTopics();
      throw error;
    }
  }

  get health(): ActionHealth {
    return {
      action: this.#here,
      there: this.there,
      type: this.type,
      servers: this.#results.peers.filter(({ state }) => state === "connected").map(({ peer }) => peer),
      active: this.#provided !== undefined,
      open: this.#goals.size,
      ended: this.#ended,
      failed: this.#failed,
      problem: this.#problem,
    };
  }

  /** Whether the graph has a server of it: while it has not, this is no service, whatever still is said on its topics. */
  set isServed(isServed: boolean) {
    if (this.#isServed && !isServed) this.#lose("was lost");
    this.#isServed = isServed;
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
    const reader = this.#parts.client.read(topic, { type, onMessage: (message) => take(message as T) });
    this.#opened.push(reader);
    return reader;
  }

  #closeTopics(): void {
    for (const one of this.#opened) one.close();
  }

  /** The server has spoken. */
  #see({ status_list: list }: GoalList): void {
    this.#hasSpoken = true;
    for (const { goal_id: { id }, status } of list) this.#goals.get(id)?.see(status);
    if (this.#provided !== undefined || !this.#isServed) return;
    const isHeard = (reader: TopicReader): boolean => reader.peers.some(({ state }) => state === "connected");
    if (this.#goal.subscribers === 0 || this.#cancel.subscribers === 0 || !isHeard(this.#results) || !isHeard(this.#feedback)) return;
    const { view, origin, warn } = this.#parts;
    try {
      this.#provided = view.provide(this.#here, this.#pursue.bind(this), { type: `${this.type}Action`, origin });
      this.#problem = "";
      this.#silent = 0;
      this.#watchdog = setInterval(() => this.#watch(), beat);
    } catch (error) {
      const problem = (error as Error).message;
      if (this.#problem !== problem) warn(`the action ${this.there} cannot be imported: ${problem}`);
      this.#problem = problem;
    }
  }

  #watch(): void {
    this.#silent = this.#hasSpoken ? 0 : this.#silent + 1;
    if (this.#silent >= silence) return this.#lose(`has said nothing for ${silence * beat / 1000} s`);
    if (!this.#hasSpoken) return;
    this.#hasSpoken = false;
    for (const goal of this.#goals.values()) {
      const why = goal.pass();
      if (why !== undefined) goal.end({ error: this.#lost(why) });
    }
  }

  #lost(why: string): NodeLostError {
    return new NodeLostError(`the server of the action ${this.there} ${why}`, { name: this.there });
  }

  /** There is no server any more. */
  #lose(why: string): void {
    clearInterval(this.#watchdog);
    this.#provided?.close();
    this.#provided = undefined;
    for (const goal of this.#goals.values()) goal.end({ error: this.#lost(why) });
  }

  #onResult({ status, result }: ActionMessage): void {
    const goal = this.#goals.get(status.goal_id.id);
    if (goal === undefined) return;
    goal.isOver = true;
    if (status.status === goalStates.succeeded) return goal.end({ result });
    const name = endOf(status.status);
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
