import { readFileSync } from "node:fs";
import { type AddressInfo, connect, type Socket } from "node:net";
import { createServer } from "node:tls";
import { fileURLToPath } from "node:url";
import { describe, expect, it, onTestFinished } from "vitest";
import { commandOf, outputOf, own, startProgramWith } from "../conformance/runtimes.ts";
import { ownServer } from "./support.ts";

const certificate = fileURLToPath(new URL("./certificate/certificate.pem", import.meta.url));
const authority = fileURLToPath(new URL("./certificate/authority.pem", import.meta.url));
const key = fileURLToPath(new URL("./certificate/key.pem", import.meta.url));

/** What a program tells that reads through a server whose certificate only these tests trust. */
async function told(trust: Readonly<Record<string, string>>): Promise<string> {
  const server = await ownServer();
  server.advertise("/text", "std_msgs/String");
  server.publish("/text", { data: "a word" });
  const secret = { cert: readFileSync(certificate, "utf8"), key: readFileSync(key, "utf8") };
  const sockets: Socket[] = [];
  const secure = createServer(secret, (outside) => {
    const inside = connect(server.port, "127.0.0.1");
    for (const socket of [outside, inside]) sockets.push(socket.on("error", () => {}));
    outside.pipe(inside).pipe(outside);
  });
  await new Promise<void>((resolve) => secure.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    secure.close();
  });
  const program = new URL("./secure-program.ts", import.meta.url);
  const { port } = secure.address() as AddressInfo;
  return outputOf(startProgramWith(trust, commandOf(own)!, own, program, `wss://127.0.0.1:${port}`));
}

describe("a rosbridge server at wss://", () => {
  it("is spoken to where its certificate is trusted", async () => {
    expect(await told({ NODE_EXTRA_CA_CERTS: authority, DENO_CERT: authority })).toBe("came: a word\n");
  });

  it("is not where it is not, and the reason says why", async () => {
    expect(await told({})).toMatch(/^reason: .*certificate/i);
  });
});
