/** What a node of ROS does in each role, whichever client in JavaScript it uses. */
import { answer } from "./answer.ts";
import { Arrivals } from "./bursts.ts";
import { callHandlers } from "./calls.ts";
import type { RosItem, RosRole } from "./ros.ts";

/** A client, as far as the benches use it. */
export interface RosClient {
  subscribe(
    topic: string,
    type: string,
    take: (message: never) => void,
  ): unknown;
  /** @returns what publishes */
  advertise(topic: string, type: string): Promise<(message: object) => unknown>;
  /** Provides `std_srvs/SetBool`. */
  serve?(
    service: string,
    handle: (
      request: { data: boolean },
    ) => { success: boolean; message: string },
  ): unknown;
  /** @returns what calls `std_srvs/SetBool` over a connection that is kept */
  use?(
    service: string,
  ): Promise<(request: { data: boolean }) => Promise<unknown>>;
}

export const types: Readonly<Record<RosItem, string>> = {
  text: "std_msgs/String",
  image: "sensor_msgs/Image",
};

/** A text that takes so many bytes on the wire with its own length, without that of the message. */
export const textOf = (size: number): { data: string } => ({
  data: "a".repeat(size - 4),
});

/** An image of so many bytes. */
const imageOf = (bytes: Uint8Array): object => ({
  header: {
    seq: 0,
    stamp: { sec: 1, nsec: 2, secs: 1, nsecs: 2 },
    frame_id: "camera",
  },
  height: 1,
  width: bytes.length,
  encoding: "mono8",
  is_bigendian: 0,
  step: bytes.length,
  data: bytes,
});

/** Publishes on request: what `send` does. Arguments: what, its size, how many, and how many a turn of the loop. */
export function sender(
  publish: Readonly<Record<RosItem, (message: object) => unknown>>,
  bytesOf: (size: number) => Uint8Array = (size) => new Uint8Array(size).fill(7),
) {
  return async (
    item: RosItem,
    size: number,
    count: number,
    turn: number,
  ): Promise<void> => {
    const message = item === "text" ? textOf(size) : imageOf(bytesOf(size));
    for (let i = 0; i < count; i++) {
      if (i > 0 && i % turn === 0) {
        await new Promise((resolve) => setImmediate(resolve));
      }
      publish[item](message);
    }
  };
}

/** Counts what comes: what `seen`, `reset` and `expect` do. */
export class Counter {
  #seen = 0;
  #arrivals: Arrivals = new Arrivals();
  readonly handlers = {
    seen: (): number => this.#seen,
    reset: (): void => {
      this.#arrivals = new Arrivals();
    },
    expect: (count: number): Promise<void> => this.#arrivals.expect(count),
  };

  came(): void {
    this.#seen++;
    this.#arrivals.came();
  }
}

/** Sends one after the other and waits for each to come back: what `calls` does. */
export function pinger(
  publish: (message: object) => unknown,
): { back: () => void; handlers: ReturnType<typeof callHandlers> } {
  let back = (): void => {};
  const send = (message: object): Promise<void> =>
    new Promise((resolve) => {
      back = resolve;
      publish(message);
    });
  return { back: () => back(), handlers: callHandlers(send, () => textOf(64)) };
}

/** What a node is to be: its role, and its name. */
export const [role, name] = process.argv.slice(2) as [RosRole, string];

/** Plays the role with a client. */
export async function play(client: RosClient): Promise<void> {
  const topic = (last: string): string => `/${name}/${last}`;
  if (role === "subscribe") {
    const counter = new Counter();
    for (const item of ["text", "image"] as const) {
      await client.subscribe(topic(item), types[item], () => counter.came());
    }
    answer(counter.handlers);
  } else if (role === "publish") {
    answer({
      send: sender({
        text: await client.advertise(topic("text"), types.text),
        image: await client.advertise(topic("image"), types.image),
      }),
    });
  } else if (role === "ping") {
    const { back, handlers } = pinger(
      await client.advertise(topic("ping"), types.text),
    );
    await client.subscribe(topic("pong"), types.text, () => back());
    answer(handlers);
  } else if (role === "echo") {
    const publish = await client.advertise(topic("pong"), types.text);
    await client.subscribe(
      topic("ping"),
      types.text,
      (message) => publish(message),
    );
    answer({});
  } else if (role === "serve") {
    await client.serve!(
      topic("set"),
      ({ data }) => ({ success: data, message: "done" }),
    );
    answer({});
  } else if (role === "call") {
    const call = await client.use!(topic("set"));
    answer(callHandlers(() => call({ data: true })));
  } else throw new Error(`no client in JavaScript plays ${role}`);
}
