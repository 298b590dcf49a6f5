/** Both ends of an action, made of topics alone: they say what no library of ROS would, and keep still when one would speak. */
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";
import { actionTopics, type GoalStatus, noTime } from "../../systems/ros/bridge/goal.ts";
import type { TopicWriter } from "../../systems/ros/client/client.ts";
import { Library } from "../../systems/ros/message/library.ts";
import { Ros1Client } from "../../systems/ros/ros1/client.ts";
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
    node.read(topics.result, { type: "actionlib/TestActionResult", onLatched() {}, onMessage: (told) => this.results.push(told as Told) });
    node.read(topics.status, {
      type: "actionlib_msgs/GoalStatusArray",
      onLatched() {},
      onMessage: (told) => this.lists.push((told as { status_list: unknown[] }).status_list.length),
    });
  }

  /** Waits until the server hears and is heard. */
  async ready(): Promise<void> {
    await until("the server is there", () => this.#goals.subscribers > 0 && this.#cancels.subscribers > 0 && this.lists.length > 0);
  }

  /** @param frame goes with it, and makes it as large as it is */
  send(id: string, goal: number, frame = ""): void {
    this.#goals.write({ header: { frame_id: frame }, goal_id: { stamp: noTime, id }, goal: { goal } });
  }

  cancel(id: string): void {
    this.#cancels.write({ stamp: noTime, id });
  }
}
