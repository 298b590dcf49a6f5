import { MessageChannel } from "node:worker_threads";
import { expect, test } from "vitest";
import { ProtocolError } from "../../src/errors.ts";
import { PortConnection } from "../../src/link/port.ts";
import { greet, hello } from "../../src/peer/hello.ts";

test("a hello with another codec is refused, and both sides are told", async () => {
  const { port1, port2 } = new MessageChannel();
  const [one, other] = await Promise.allSettled([
    greet(new PortConnection(port1), hello("g", 0, "s", "cbor")),
    greet(new PortConnection(port2), hello("g", 1, "s", "json")),
  ]);
  const reasons = [one, other].map((outcome) => (outcome as PromiseRejectedResult).reason as Error);
  for (const reason of reasons) {
    expect(reason).toBeInstanceOf(ProtocolError);
    expect(reason.message).toMatch(/it speaks the codec "(cbor|json)", and this engine "(json|cbor)"/);
  }
});
