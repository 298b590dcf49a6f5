/**
 * Calls between two Moleculer brokers, over its TCP transporter.
 *
 * Arguments of the first half: `alone` for one that starts the other when it is asked to; of the second: the ports of both.
 */
import { answer } from "../lib/answer.ts";
import { callHandlers } from "../lib/calls.ts";
import type { Message } from "../lib/message.ts";
import { moleculerPair } from "../lib/moleculer.ts";
import { freePort, role, second } from "../lib/second.ts";

if (role === undefined || role === "alone") {
  const ports: [number, number] = [await freePort(), await freePort()];
  const broker = await moleculerPair(ports, 0);
  await broker.start();
  /** Starts the other half; resolves with its first reply. */
  const meet = async (): Promise<unknown> => {
    await second(import.meta.url, ...ports.map(String));
    await broker.waitForServices("echo");
    return await broker.call("echo.echo", { id: 1 });
  };
  const start = async (): Promise<number> => {
    const begin = performance.now();
    await meet();
    return performance.now() - begin;
  };
  if (role === undefined) await meet();
  answer({
    ...callHandlers((message: Message) => broker.call("echo.echo", message)),
    start,
  });
} else {
  const broker = await moleculerPair(
    [Number(role), Number(process.argv[3])],
    1,
  );
  broker.createService({
    name: "echo",
    actions: { echo: ({ params }) => params },
  });
  await broker.start();
  answer({});
}
