import { RosError, ServiceError } from "../../../src/errors.ts";
import type { TopicReader, TopicWriter } from "../client/client.ts";
import type { RosTime } from "../message/unfit.ts";
import { type ActionHealth, actionTopics, type GoalId, goalStates, noTime } from "./goal.ts";
import type { MirrorParts } from "./imported-topic.ts";
import { nodeChooser, type OwnService } from "./own-services.ts";

// What is told of goals goes into one message: these keep it far below what a message may hold, whatever clients send.
const longestId = 1024; // characters
const mostOpen = 1024;
const mostBytes = 64 * 2 ** 20; // of the goals that are open: with so many or more, there is none that comes to them
const mostEnded = 1000; // goals whose end is still told
const longestText = 1000; // characters of it; the result has 10,000
const memory = 5000; // ms for which it is
const beat = 200; // ms between two words on how goals stand
const haste = 10; // ms until that a goal has come or ended is told, for all that do so meanwhile

/** A goal of a client in the ROS graph. */
interface Goal {
  readonly id: GoalId;
  /** Its size on the wire. */
  readonly bytes: number;
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
  readonly #open: Map<string, Goal> = new Map();
  /** Those whose end is still told, the oldest first. */
  readonly #over: Map<string, Goal> = new Map();
  /** Goals that were cancelled before they have come, and when: a cancel has a connection of its own, and may overtake its goal. */
  readonly #early: Map<string, number> = new Map();
  /** Goals that are not newer are cancelled. */
  #cancelledTo: RosTime = noTime;
  readonly #opened: (TopicReader | TopicWriter)[] = [];
  readonly #status: TopicWriter;
  readonly #feedback: TopicWriter;
  readonly #results: TopicWriter;
  #timer: ReturnType<typeof setInterval> | undefined;
  #soon: ReturnType<typeof setTimeout> | undefined;
  #count = 0;
  /** Those of the open goals. */
  #bytes = 0;
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
      this.#read<{ readonly goal_id: GoalId; readonly goal: unknown }>(topics.goal, `${type}ActionGoal`, ({ goal_id: id, goal }, bytes) => {
        this.#onGoal(id, goal, bytes);
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
      open: this.#open.size,
      ended: this.#ended,
      failed: this.#failed,
      problem: this.#problem,
    };
  }

  close(): void {
    this.#isClosed = true;
    for (const goal of this.#open.values()) {
      this.#finish(goal, goalStates.aborted, `${this.#service.name} is not exported any more`);
      goal.ending.abort(new RosError("it is not exported any more"));
    }
    clearInterval(this.#timer);
    clearTimeout(this.#soon);
    this.#closeTopics();
  }

  #write(topic: string, type: string): TopicWriter {
    const writer = this.#parts.client.write(topic, { type, latched: false, depth: 1000, onAudience: () => this.#hear() });
    this.#opened.push(writer);
    return writer;
  }

  #read<T>(topic: string, type: string, take: (message: T, bytes: number) => void): void {
    const onMessage = (message: unknown, bytes: number): void => take(message as T, bytes);
    const options = { type, noDelay: true, onMessage };
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
    this.#forget();
    const list = [...this.#open.values(), ...this.#over.values()].map((goal) => this.#statusOf(goal, longestText));
    this.#send(this.#status, "the list of goals", { status_list: list });
  }

  /** Once for all that changes at a time: each change would be told with all goals. */
  #tellSoon(): void {
    if (this.#isClosed) return;
    this.#soon ??= setTimeout(() => {
      this.#soon = undefined;
      this.#tell();
    }, haste);
  }

  #forget(): void {
    const now = Date.now();
    for (const [id, { endedAt }] of this.#over) {
      if (this.#over.size <= mostEnded && now - endedAt < memory) break;
      this.#over.delete(id);
    }
    for (const [id, at] of this.#early) {
      if (this.#early.size <= mostEnded && now - at < memory) break;
      this.#early.delete(id);
    }
  }

  #statusOf({ id, status, text }: Goal, length = text.length): object {
    return { goal_id: id, status, text: text.slice(0, length) };
  }

  /**
   * All that goes to ROS goes by this. It never throws, since nobody could catch that: what calls it are timers, and ends of goals.
   *
   * @returns why it did not go
   */
  #send(writer: TopicWriter, what: string, message: object): string | undefined {
    try {
      writer.write({ header: { stamp: new Date() }, ...message });
      return undefined;
    } catch (error) {
      const why = error instanceof Error ? error.message : "it cannot be written";
      this.#warn(`${what} of ${this.#service.name} cannot go to ROS: ${why}`);
      return why;
    }
  }

  #onGoal(written: GoalId, input: unknown, bytes: number): void {
    if (written.id.length > longestId) { // clients could not be told of it without its id
      this.#ended++;
      this.#failed++;
      return this.#warn(`a goal of ${this.#service.name} was refused: its id has more than ${longestId} characters`);
    }
    const now = new Date();
    const stamp = isZero(written.stamp) ? timeOf(now) : written.stamp;
    const id: GoalId = { stamp, id: written.id || `${this.#parts.client.name}-${++this.#count}-${now.getTime() / 1000}` };
    this.#forget();
    if (this.#open.has(id.id) || this.#over.has(id.id)) return; // it was sent twice
    const goal: Goal = { id, bytes, ending: new AbortController(), status: goalStates.active, text: "", endedAt: 0 };
    const tooMany = this.#open.size >= mostOpen ? `${mostOpen} goals` : this.#bytes >= mostBytes ? `goals of ${this.#bytes} bytes` : "";
    if (tooMany === "" && this.#service.rule.preempt === true) this.#onCancel({ id: "", stamp: noTime });
    this.#open.set(id.id, goal);
    this.#bytes += bytes;
    if (tooMany !== "") return this.#finish(goal, goalStates.rejected, `${tooMany} are pursued already`);
    const isEarly = this.#early.delete(id.id) || (!isZero(written.stamp) && !isLater(written.stamp, this.#cancelledTo));
    if (isEarly) return this.#finish(goal, goalStates.recalled, "it was cancelled before it has come");
    this.#tellSoon();
    void this.#pursue(goal, input);
  }

  /**
   * Cancels a goal; without a name all that are not newer than a time, or all. What comes later is cancelled too where it is meant, as by
   * `cancelCallback` of actionlib's ActionServerBase.
   */
  #onCancel({ id, stamp }: GoalId): void {
    const now = timeOf(new Date());
    if (isLater(stamp, this.#cancelledTo)) this.#cancelledTo = isLater(stamp, now) ? now : stamp; // not what is to come in years
    if (id !== "" && id.length <= longestId && !this.#open.has(id) && !this.#over.has(id)) {
      this.#early.delete(id);
      this.#early.set(id, Date.now());
      this.#forget();
    }
    for (const goal of this.#open.values()) {
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
      const text = error instanceof ServiceError ? error.remote.message : error instanceof Error ? error.message : "it failed";
      this.#finish(goal, signal.aborted ? goalStates.preempted : goalStates.aborted, text);
    }
  }

  #feed(goal: Goal, feedback: unknown): void {
    if (goal.endedAt !== 0) return;
    this.#send(this.#feedback, "feedback", { status: this.#statusOf(goal), feedback: feedback ?? undefined });
  }

  #finish(goal: Goal, status: number, text: string, result?: unknown): void {
    if (goal.endedAt !== 0) return;
    goal.endedAt = Date.now();
    goal.status = status;
    goal.text = text.slice(0, 10_000);
    this.#open.delete(goal.id.id);
    this.#bytes -= goal.bytes;
    const problem = this.#answer(goal, result ?? undefined);
    if (problem !== undefined) {
      goal.status = goalStates.aborted;
      goal.text = problem.slice(0, 10_000);
      this.#answer(goal, undefined);
    }
    this.#over.set(goal.id.id, goal);
    this.#forget();
    this.#ended++;
    if (goal.status !== goalStates.succeeded) this.#failed++;
    this.#tellSoon();
  }

  #answer(goal: Goal, result: unknown): string | undefined {
    return this.#send(this.#results, "a result", { status: this.#statusOf(goal), result });
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
