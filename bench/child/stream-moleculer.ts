/** Events from a Moleculer broker to another, over its TCP transporter. */
import { answer } from "../lib/answer.ts";
import { Arrivals, type Bursts, stream } from "../lib/bursts.ts";
import { message } from "../lib/message.ts";
import { moleculerPair } from "../lib/moleculer.ts";
import { freePort, role, second } from "../lib/second.ts";

if (role === undefined) {
  const ports: [number, number] = [await freePort(), await freePort()];
  const broker = await moleculerPair(ports, 0);
  await broker.start();
  await second(import.meta.url, ...ports.map(String));
  await broker.waitForServices("sink");
  answer({
    stream: (_size: number, count: number, bursts: Bursts) =>
      stream(
        (id) => void broker.emit("item", message(id)),
        (count) => broker.call("sink.expect", { count }),
        count,
        bursts,
      ),
  });
} else {
  const broker = await moleculerPair(
    [Number(role), Number(process.argv[3])],
    1,
  );
  const arrivals = new Arrivals();
  broker.createService({
    name: "sink",
    actions: {
      expect: ({ params }: { params: { count: number } }) => arrivals.expect(params.count),
    },
    events: { item: () => arrivals.came() },
  });
  await broker.start();
  answer({});
}
