/** A node of ROS on rosnodejs as it comes, with classes of messages that were generated ahead. Arguments: see `lib/ros-play.ts`. */
import { existsSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { name, play, role } from "../lib/ros-play.ts";
import { root } from "../lib/runtime.ts";

interface Rosnodejs {
  loadAllPackages(folder: string): Promise<void>;
  initNode(name: string, options: object): Promise<Handle>;
}

interface Handle {
  advertise(
    topic: string,
    type: string,
    options: object,
  ): { publish(message: object, throttleMs: number): void };
  subscribe(
    topic: string,
    type: string,
    take: (message: never) => void,
    options: object,
  ): unknown;
  advertiseService(
    service: string,
    type: string,
    handle: (request: never, response: object) => boolean,
  ): unknown;
  serviceClient(
    service: string,
    type: string,
    options: object,
  ): { call(request: object): Promise<unknown> };
  waitForService(service: string, ms: number): Promise<boolean>;
}

const folder = join(root, ".cache/rosnodejs");
const generated = "share/gennodejs/ros";
process.env.CMAKE_PREFIX_PATH = folder;
console.log = (...words: unknown[]) => {
  const [text] = words;
  // What is said on this output is for the benches; it reports each package that it has generated.
  if (typeof text === "string" && text.startsWith("answer: ")) {
    process.stdout.write(`${text}\n`);
  }
};

console.info = () => {};

const require = createRequire(join(root, "bench/package.json"));
const load = (): Rosnodejs => require("rosnodejs") as Rosnodejs;
if (!existsSync(join(folder, generated))) {
  const making = `${folder}-${process.pid}`;
  await load().loadAllPackages(join(making, generated));
  writeFileSync(join(making, "package.json"), '{ "type": "commonjs" }');
  if (existsSync(folder)) rmSync(making, { recursive: true });
  else renameSync(making, folder);
  // It looks for generated classes when it is loaded.
  for (const key of Object.keys(require.cache)) delete require.cache[key];
}

const queue = 100_000;
const handle = await load().initNode(`/${name}_${role}_${process.pid}`, {
  rosMasterUri: process.env.ROS_MASTER_URI,
  logging: { skipRosLogging: true, testing: true },
});

await play({
  subscribe: (topic, type, take) => handle.subscribe(topic, type, take, { queueSize: queue, throttleMs: -1 }),
  advertise(topic, type) {
    const publisher = handle.advertise(topic, type, {
      queueSize: queue,
      tcpNoDelay: true,
    });
    return Promise.resolve((message) => publisher.publish(message, -1));
  },
  serve: (service, answer) =>
    handle.advertiseService(
      service,
      "std_srvs/SetBool",
      (request, response) => {
        Object.assign(response, answer(request));
        return true;
      },
    ),
  async use(service) {
    await handle.waitForService(service, 20_000);
    const client = handle.serviceClient(service, "std_srvs/SetBool", {
      persist: true,
    });
    return (request) => client.call(request);
  },
});
