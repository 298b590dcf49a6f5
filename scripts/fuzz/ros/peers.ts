/** Broken bytes from those whom a bridge asks: a master, publishers, and providers of services. */
import { setMaxListeners } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { PyrosError } from "../../../src/errors.ts";
import { XmlFault } from "../../../systems/ros/xmlrpc/value.ts";
import { XmlServer } from "../../../systems/ros/xmlrpc/server.ts";
import { writeAnswer } from "../../../systems/ros/xmlrpc/write.ts";
import { Output } from "../../../systems/ros/message/output.ts";
import { writeHeader } from "../../../systems/ros/ros1/header.ts";
import { Master } from "../../../systems/ros/ros1/master.ts";
import { RemoteService } from "../../../systems/ros/ros1/remote-service.ts";
import { TopicSubscription } from "../../../systems/ros/ros1/subscription.ts";
import { framed, http, library, message, mutate, publisherHeader } from "./bytes.ts";
import { counted, hung, type RosCounts, type RosOptions } from "./target.ts";

const atOnce = 32;
const patience = 10_000; // ms
const text = library.message("std_msgs/String");
const setBool = library.service("std_srvs/SetBool");

/** A server at a free port, which does with each connection what it is told. */
async function serve(talk: (socket: Socket) => void): Promise<{ readonly port: number; close(): Promise<void> }> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => {}).once("close", () => sockets.delete(socket));
    talk(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const close = async (): Promise<void> => {
    for (const socket of sockets) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  };
  return { port: (server.address() as AddressInfo).port, close };
}

/** Answers of a master. */
export function fuzzMasterAnswers(options: RosOptions): Promise<RosCounts> {
  const state = [[["/a", ["/x", "/y"]], ["/b", []]], [["/a", ["/z"]]], [["/serve", ["/x"]]]];
  const types = [["/a", "std_msgs/String"], ["/b", "*"]];
  const answers = [state, types, "rosrpc://localhost:5", { a: 1, b: [true, "x", 2.5], c: { d: "" } }, 0].map((value) =>
    http("HTTP/1.1 200 OK\r\nconnection: close\r\n", writeAnswer([1, "current state", value]))
  );
  return counted(options, "answers", async (counts, next) => {
    const server = await serve((socket) => {
      socket.once("data", () => socket.end(mutate(answers[next(answers.length)]!, next)));
    });
    const { signal } = new AbortController();
    setMaxListeners(0, signal); // there are as many as calls that are out
    const master = new Master(`http://127.0.0.1:${server.port}/`, "/fuzz", signal);
    const calls = [
      () => master.systemState(),
      () => master.topicTypes(),
      () => master.serviceAt("/serve"),
      () => master.call("getParam", "/a"),
    ];
    let left = options.frames;
    const lane = async (): Promise<void> => {
      while (left-- > 0) {
        counts.frames++;
        const begun = performance.now();
        try {
          await calls[next(calls.length)]!();
          counts.taken++;
        } catch (error) {
          if (!(error instanceof PyrosError || error instanceof XmlFault)) throw error;
          counts.refused++;
        }
        if (performance.now() - begun > patience) hung(counts, "an answer of the master was waited for too long");
      }
    };
    await Promise.all(Array.from({ length: atOnce }, lane));
    await server.close();
  });
}

const perLink = 25; // messages of one publisher

/** Messages of publishers: most of the right length, the last one of any. */
export function fuzzPublishers(options: RosOptions): Promise<RosCounts> {
  const good = message(text, { data: "a word of it" });
  const head = publisherHeader("/bad/out", text);
  return counted(options, "publishers", async (counts, next) => {
    let [open, served] = [0, 0];
    const server = await serve((socket) => {
      open++;
      served++;
      const some = Array.from({ length: perLink - 1 }, () => framed(mutate(good.subarray(4), next)));
      counts.frames += perLink;
      socket.once("data", () => socket.end(Buffer.concat([head, ...some, mutate(good, next)])));
      socket.resume().once("close", () => open--);
    });
    const slave = new XmlServer({ requestTopic: () => [1, "", ["TCPROS", "127.0.0.1", server.port]] });
    const address = `http://127.0.0.1:${await slave.listen("127.0.0.1", 0)}/`;
    const reader = new TopicSubscription("/bad/out", text, { onMessage: () => void counts.taken++ }, {
      greeting: { callerid: "/fuzz" },
      known: () => text,
      isOwn: () => false,
      inTurn: (run) => run(),
      onLost: () => {},
      onUnreached: () => {},
      onClose: () => {},
    });
    const urls = Array.from({ length: atOnce }, (_, i) => `${address}${i}`);
    for (let round = 0; counts.frames < options.frames; round++) {
      const before = served;
      reader.setPublishers(urls.map((url) => `${url}/${round}`));
      const begun = performance.now();
      while (served < before + atOnce || open > 0) {
        if (performance.now() - begun > patience) {
          hung(counts, "a publisher was not connected, or not let go");
          break;
        }
        await new Promise((resolve) => setTimeout(resolve, 2));
      }
    }
    counts.refused = reader.counts.unfit;
    reader.close();
    await slave.close();
    await server.close();
  });
}

/** Responses of providers: of the right length, and of any. */
export function fuzzResponses(options: RosOptions): Promise<RosCounts> {
  const body = setBool.response.write(new Output(), { success: true, message: "good" }).slice(4);
  const greeting = writeHeader({ callerid: "/bad", type: setBool.name, md5sum: setBool.md5 });
  const answered = (bytes: Uint8Array): Uint8Array => Buffer.concat([new Uint8Array([1]), bytes]);
  return counted(options, "responses", async (counts, next) => {
    const respond = (socket: Socket): void => {
      counts.frames++;
      const kind = next(8);
      if (kind === 0) socket.end(mutate(answered(framed(body)), next));
      else if (kind === 1) socket.write(Buffer.concat([new Uint8Array([0]), framed(mutate(body, next))])); // an error
      else socket.write(answered(framed(mutate(body, next))));
    };
    const server = await serve((socket) => {
      let isGreeted = false;
      socket.on("data", (data) => {
        if (isGreeted) return respond(socket);
        isGreeted = true;
        socket.write(greeting);
        if (data.includes("probe=1")) socket.end();
      });
    });
    const lane = async (i: number): Promise<void> => {
      let told = (): void => {};
      const remote = new RemoteService(`/bad/${i}`, { onInfo: () => told() }, {
        greeting: { callerid: "/fuzz" },
        lookup: async () => ({ host: "127.0.0.1", port: server.port }),
        typeOf: () => setBool,
        isOwn: () => false,
        patience: () => 3000,
        inTurn: (run) => run(),
        onClose: () => {},
      });
      while (counts.frames < options.frames) {
        if (remote.info.state !== "ready") {
          await new Promise<void>((resolve) => (told = resolve));
          continue;
        }
        try {
          await remote.call({ data: true }, AbortSignal.timeout(patience));
          counts.taken++;
        } catch (error) {
          if (error instanceof PyrosError) counts.refused++;
          else if ((error as Error).name === "TimeoutError") hung(counts, "a call did not settle");
          else throw error;
        }
      }
      remote.close();
    };
    await Promise.all(Array.from({ length: atOnce }, (_, i) => lane(i)));
    await server.close();
  });
}
