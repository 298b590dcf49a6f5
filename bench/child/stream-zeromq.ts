/** Items from a PUB of zeromq.js to a SUB, as raw bytes. Arguments of the other half: the addresses of items and of questions. */
import { answer } from "../lib/answer.ts";
import { Arrivals, type Bursts, stream } from "../lib/bursts.ts";
import { isAbsent } from "../lib/peers.ts";
import { role, second, socketPath } from "../lib/second.ts";
import { unlimited, zeromq } from "../lib/zeromq.ts";

const zmq = await zeromq();
if (isAbsent(zmq)) throw new Error(zmq.absent);

if (role === undefined) {
  const [items, questions] = [`ipc://${socketPath()}`, `ipc://${socketPath()}`];
  const publisher = new zmq.Publisher(unlimited.sends);
  await publisher.bind(items);
  const asking = new zmq.Request();
  asking.connect(questions);
  await second(import.meta.url, items, questions);
  await new Promise((resolve) => setTimeout(resolve, 300)); // a subscription that is on its way misses what is published
  const expect = async (count: number): Promise<void> => {
    await asking.send(String(count));
    await asking.receive();
  };
  answer({
    stream: (size: number, count: number, bursts: Bursts) => {
      const item = new Uint8Array(size).fill(1);
      return stream(() => publisher.send(item), expect, count, bursts);
    },
  });
} else {
  const subscriber = new zmq.Subscriber(unlimited.receives);
  subscriber.connect(role);
  subscriber.subscribe();
  const replies = new zmq.Reply();
  await replies.bind(process.argv[3]);
  const arrivals = new Arrivals();
  void (async () => {
    for await (const [question] of replies) {
      await arrivals.expect(Number(new TextDecoder().decode(question)));
      await replies.send("");
    }
  })();
  answer({});
  for await (const parts of subscriber) if (parts.length > 0) arrivals.came();
}
