import { RosError, ServiceError } from "../../../src/errors.ts";
import type { TopicReader, TopicWriter } from "../client/client.ts";
import type { RosTime } from "../message/unfit.ts";
import { type ActionHealth, actionTopics, type GoalId, goalStates, noTime } from "./goal.ts";
import type { MirrorParts } from "./imported-topic.ts";
import { nodeChooser, type OwnService } from "./own-services.ts";

const mostOpen = 1024;
const mostEnded = 1000; // goals whose end is still told
const memory = 5000; // ms for which it is
const beat = 200; // ms between two words on how goals stand

/** A goal of a client in the ROS graph. */
interface Goal {
  readonly id: GoalId;
  readonly ending: AbortController;
  status: number;
  text: string;
  /** When it has ended, in ms since the epoch; 0 until then. */
  endedAt: number;
}

/** A service that is an action in the ROS graph: its progress is feedback, and who cancels a goal gives the call up. */
export class ExportedAction {
  readonly #service: OwnService;
  readonly #type: string;
  readonly #parts: MirrorParts;
  readonly #node: () => { node?: string };
  readonly #goals: Map<string, Goal> = new Map();
  readonly #opened: (TopicReader | TopicWriter)[] = [];
  readonly #status: TopicWriter;
  readonly #feedback: TopicWriter;
  readonly #results: TopicWriter;
  #timer: ReturnType<typeof setInterval> | undefined;
  #count = 0;
  #open = 0;
  #ended = 0;
  #failed = 0;
  #problem = "";
  #isClosed = false;

  /**
   * @param type without `Action` behind it
   * @throws RosError when it is not known
   */
  constructor(service: OwnService, type: string, parts: MirrorParts) {
    const { name, rule: { as = name } } = service;
    this.#service = service;
    this.#type = type;
    this.#parts = parts;
    this.#node = nodeChooser(service);
    const topics = actionTopics(as);
    try {
      this.#status = this.#write(topics.status, "actionlib_msgs/GoalStatusArray");
      this.#feedback = this.#write(topics.feedback, `${type}ActionFeedback`);
      this.#results = this.#write(topics.result, `${type}ActionResult`);
      this.#read<GoalId>(topics.cancel, "actionlib_msgs/GoalID", (which) => this.#onCancel(which));
      this.#read<{ readonly goal_id: GoalId; readonly goal: unknown }>(topics.goal, `${type}ActionGoal`, ({ goal_id: id, goal }) => {
        this.#onGoal(id, goal);
      });
    } catch (error) {
      this.#closeTopics();
      throw error;
    }
  }

  get health(): ActionHealth {
    const { name, rule, providers } = this.#service;
    return {
      action: name,
      there: rule.as ?? name,
      type: this.#type,
      servers: providers,
      active: true,
      open: this.#open,
      ended: this.#ended,
      failed: this.#failed,
      problem: this.#problem,
    };
  }

  close(): void {
    this.#isClosed = true;
    for (const goal of this.#goals.values()) {
      if (goal.endedAt === 0) this.#finish(goal, goalStates.aborted, `${this.#service.name} is not exported any more`);
      goal.ending.abort(new RosError("it is not exported any more"));
    }
    clearInterval(this.#timer);
    this.#closeTopics();
  }

  #write(topic: string, type: string): TopicWriter {
    const writer = this.#parts.client.write(topic, { type, latched: false, depth: 1000, onAudience: () => this.#hear() });
    this.#opened.push(writer);
    return writer;
  }

  #read<T>(topic: string, type: string, take: (message: T) => void): void {
    const options = { type, noDelay: true, onMessage: (message: unknown) => take(message as T), onLatched: () => {} };
    this.#opened.push(this.#parts.client.read(topic, options));
  }

  #closeTopics(): void {
    for (const one of this.#opened) one.close();
  }

  /** Clients wait until they hear how goals stand, and take a server that is silent to be dead. */
  #hear(): void {
    const isHeard = this.#status?.subscribers > 0;
    if (isHeard === (this.#timer !== undefined)) return;
    clearInterval(this.#timer);
    this.#timer = isHeard ? setInterval(() => this.#tell(), beat) : undefined;
    if (isHeard) this.#tell();
  }

  #tell(): void {
    const now = Date.now();
    let ended = [...this.#goals.values()].filter(({ endedAt }) => endedAt > 0).length;
    for (const [id, { endedAt }] of this.#goals) {
      if (endedAt === 0 || (ended <= mostEnded && now - endedAt < memory)) continue;
      this.#goals.delete(id);
      ended--;
    }
    const list = [...this.#goals.values()].map((goal) => this.#statusOf(goal));
    this.#status.write({ header: { stamp: new Date(now) }, status_list: list });
  }

  #statusOf({ id, status, text }: Goal): object {
    return { goal_id: id, status, text };
  }

  #onGoal(written: GoalId, input: unknown): void {
    const now = new Date();
    const stamp = isZero(written.stamp) ? timeOf(now) : written.stamp;
    const id: GoalId = { stamp, id: written.id || `${this.#parts.client.name}-${++this.#count}-${now.getTime() / 1000}` };
    if (this.#goals.has(id.id)) return; // it was sent twice
    const goal: Goal = { id, ending: new AbortController(), status: goalStates.active, text: "", endedAt: 0 };
    if (this.#service.rule.preempt === true) this.#onCancel({ id: "", stamp: noTime });
    this.#goals.set(id.id, goal);
    this.#open++;
    if (this.#open > mostOpen) return this.#finish(goal, goalStates.rejected, `${mostOpen} goals are pursued already`);
    this.#tell();
    void this.#pursue(goal, input);
  }

  /** Cancels a goal; without a name all that are not newer than a time, or all. */
  #onCancel({ id, stamp }: GoalId): void {
    for (const goal of this.#goals.values()) {
      const isMeant = goal.id.id === id || (!isZero(stamp) && !isLater(goal.id.stamp, stamp)) || (id === "" && isZero(stamp));
      if (!isMeant || goal.status !== goalStates.active) continue;
      goal.status = goalStates.preempting;
      goal.ending.abort(new RosError(`the goal ${goal.id.id} was cancelled`));
    }
  }

  async #pursue(goal: Goal, input: unknown): Promise<void> {
    const { name, rule: { timeout = Infinity }, generator } = this.#service;
    const { signal } = goal.ending;
    try {
      const call = this.#parts.view.call(name, input, { timeout, signal, ...this.#node() });
      call.catch(() => {}); // it is told below
      if (generator) { for await (const feedback of call) this.#feed(goal, feedback); }
      const result = await call;
      this.#finish(goal, goalStates.succeeded, "", result);
    } catch (error) {
      const text = error instanceof ServiceError ? error.remote.message : error instanceof Error ? error.message : String(error);
      this.#finish(goal, signal.aborted ? goalStates.preempted : goalStates.aborted, text);
    }
  }

  #feed(goal: Goal, feedback: unknown): void {
    if (goal.endedAt !== 0) return;
    try {
      this.#feedback.write({ header: { stamp: new Date() }, status: this.#statusOf(goal), feedback: feedback ?? undefined });
    } catch (error) {
      this.#warn(`feedback of ${this.#service.name} cannot go to ROS: ${(error as Error).message}`);
    }
  }

  #finish(goal: Goal, status: number, text: string, result?: unknown): void {
    if (goal.endedAt !== 0) return;
    goal.endedAt = Date.now();
    goal.status = status;
    goal.text = text.slice(0, 10_000);
    this.#open--;
    try {
      this.#answer(goal, result ?? undefined);
    } catch (error) {
      goal.status = goalStates.aborted;
      goal.text = (error as Error).message;
      this.#warn(`a result of ${this.#service.name} cannot go to ROS: ${goal.text}`);
      this.#answer(goal, undefined);
    }
    this.#ended++;
    if (goal.status !== goalStates.succeeded) this.#failed++;
    if (!this.#isClosed) this.#tell();
  }

  #answer(goal: Goal, result: unknown): void {
    this.#results.write({ header: { stamp: new Date() }, status: this.#statusOf(goal), result });
  }

  #warn(problem: string): void {
    this.#problem = problem;
    this.#parts.warn(problem);
  }
}

function isZero({ sec, nsec }: RosTime): boolean {
  return sec === 0 && nsec === 0;
}

function isLater(one: RosTime, other: RosTime): boolean {
  return one.sec > other.sec || (one.sec === other.sec && one.nsec > other.nsec);
}

function timeOf(date: Date): RosTime {
  const ms = date.getTime();
  return { sec: Math.floor(ms / 1000), nsec: (ms % 1000) * 1_000_000 };
}
