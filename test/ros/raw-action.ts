/** Both ends of an action, made of topics alone: they say what no library of ROS would, and keep still when one would speak. */
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";
import { actionTopics, type GoalId, type GoalStatus, noTime } from "../../systems/ros/bridge/goal.ts";
import type { TopicWriter } from "../../systems/ros/client/client.ts";
import { Library } from "../../systems/ros/message/library.ts";
import { Ros1Client } from "../../systems/ros/ros1/client.ts";
import type { RosTime } from "../../systems/ros/message/unfit.ts";
import { until } from "./support.ts";

const types = [fileURLToPath(new URL("./types", import.meta.url))];

/** A node of ROS by itself, which ends with the test, or before. */
export async function rawNode(master: string, name: string): Promise<Ros1Client> {
  const library = new Library({ folders: types });
  const client = new Ros1Client({ master, name, host: "127.0.0.1", listen: "127.0.0.1", interval: 100, library, mark: name, warn() {} });
  onTestFinished(() => client.close());
  await client.open();
  return client;
}

interface Told {
  readonly status: GoalStatus;
  readonly result: { readonly result: number };
}

/** A client of an action of type `actionlib/Test`. */
export class RawActionClient {
  readonly results: Told[] = [];
  /** Length of each list of goals that came. */
  readonly lists: number[] = [];
  readonly #goals: TopicWriter;
  readonly #cancels: TopicWriter;

  constructor(node: Ros1Client, action: string) {
    const topics = actionTopics(action);
    const options = { latched: false, depth: 10_000, onAudience: () => {} };
    this.#goals = node.write(topics.goal, { type: "actionlib/TestActionGoal", ...options });
    this.#cancels = node.write(topics.cancel, { type: "actionlib_msgs/GoalID", ...options });
    node.read(topics.result, { type: "actionlib/TestActionResult", onMessage: (told) => this.results.push(told as Told) });
    node.read(topics.status, {
      type: "actionlib_msgs/GoalStatusArray",
      onMessage: (told) => this.lists.push((told as { status_list: unknown[] }).status_list.length),
    });
  }

  /** Waits until the server hears and is heard. */
  async ready(): Promise<void> {
    await until("the server is there", () => this.#goals.subscribers > 0 && this.#cancels.subscribers > 0 && this.lists.length > 0);
  }

  /** @param frame goes with it, and makes it as large as it is */
  send(id: string, goal: number, frame = "", stamp: RosTime = noTime): void {
    this.#goals.write({ header: { frame_id: frame }, goal_id: { stamp, id }, goal: { goal } });
  }

  cancel(id: string, stamp: RosTime = noTime): void {
    this.#cancels.write({ stamp, id });
  }
}

/** A server of an action of type `actionlib/Test`, which says of goals what it is told to say. */
export class RawActionServer {
  /** What goals that have come ask for, by their ids. */
  readonly goals: Map<string, number> = new Map();
  readonly cancelled: string[] = [];
  /** What it says, five times a second. */
  readonly states: Map<string, number> = new Map();
  readonly #status: TopicWriter;
  readonly #results: TopicWriter;
  #lists = 0;

  constructor(node: Ros1Client, action: string) {
    const topics = actionTopics(action);
    const options = { latched: false, depth: 1000, onAudience: () => {} };
    this.#status = node.write(topics.status, { type: "actionlib_msgs/GoalStatusArray", ...options });
    this.#results = node.write(topics.result, { type: "actionlib/TestActionResult", ...options });
    node.write(topics.feedback, { type: "actionlib/TestActionFeedback", ...options });
    node.read(topics.cancel, {
      type: "actionlib_msgs/GoalID",
      onMessage: (message) => this.cancelled.push((message as GoalId).id),
    });
    node.read(topics.goal, {
      type: "actionlib/TestActionGoal",
      onMessage: (message) => {
        const { goal_id: { id }, goal } = message as { readonly goal_id: GoalId; readonly goal: { readonly goal: number } };
        this.goals.set(id, goal.goal);
      },
    });
    const timer = setInterval(() => this.say(), 200);
    onTestFinished(() => clearInterval(timer));
  }

  say(): void {
    const list = [...this.states].map(([id, status]) => ({ goal_id: { stamp: noTime, id }, status }));
    this.#status.write({ status_list: list });
    this.#lists++;
  }

  /** Waits until so many lists have been told from now on. */
  async told(count: number): Promise<void> {
    const last = this.#lists + count;
    await until(`${count} lists are told`, () => this.#lists >= last);
  }

  /** The id of the goal that asks for a number. */
  idOf(goal: number): string {
    return [...this.goals].find(([, one]) => one === goal)![0];
  }

  end(id: string, status: number, result: number): void {
    this.#results.write({ status: { goal_id: { stamp: noTime, id }, status }, result: { result } });
  }
}
