/** Broken bytes at all at which a bridge, and the built-in master, listen. */
import { readHeader } from "../../../systems/ros/ros1/header.ts";
import { callerHeader, dial, library, message, mutate, subscriberHeader, xmlCall } from "./bytes.ts";
import { counted, exchange, hung, openTarget, type RosCounts, type RosOptions, type Target, throwAt } from "./target.ts";

const nowhere = "nowhere"; // an address that leads to nobody, however it is changed
const text = library.message("std_msgs/String");
const setBool = library.service("std_srvs/SetBool");
const flip = callerHeader("/worker/flip", "std_srvs/SetBool");
const asked = message(setBool.request, { data: true });

/** Whether a connection was taken: who is refused gets a header that says so, or nothing. */
function isGreeted(answer: Uint8Array): boolean {
  if (answer.length < 4) return false;
  const length = new DataView(answer.buffer, answer.byteOffset).getUint32(0, true);
  try {
    return !readHeader(answer.slice(4, 4 + length)).has("error");
  } catch {
    return false;
  }
}

const isResult = (answer: Uint8Array): boolean => Buffer.from(answer).includes("<params>");

async function atTarget(
  options: RosOptions,
  name: string,
  run: (target: Target, counts: RosCounts, next: (n: number) => number) => Promise<void>,
) {
  return await counted(options, name, async (counts, next) => {
    const target = await openTarget();
    try {
      await run(target, counts, next);
      if (!(await serves(target))) hung(counts, "the bridge no longer serves");
    } finally {
      await target.close();
    }
  });
}

/** Whether the bridge answers who behaves, and the master knows it. */
async function serves({ port, address }: Target): Promise<boolean> {
  const answer = await exchange(await dial(port), Buffer.concat([flip, asked]), 50);
  const known = await exchange(await dial(Number(new URL(address).port)), xmlCall("lookupNode", ["/fuzz", "/target"]));
  return answer !== undefined && isGreeted(answer) && Buffer.from(answer).includes("flip") && known !== undefined && isResult(known);
}

/** Headers of subscribers and callers. */
export function fuzzHeaders(options: RosOptions): Promise<RosCounts> {
  const good = [subscriberHeader("/worker/out", text), flip];
  return atTarget(
    options,
    "headers",
    ({ port }, counts, next) => throwAt(port, options.frames, counts, () => mutate(good[next(2)]!, next), isGreeted),
  );
}

/** Requests behind a good header, and behind a good request. */
export function fuzzRequests(options: RosOptions): Promise<RosCounts> {
  const bare = flip.length;
  const make = (next: (below: number) => number): Uint8Array =>
    Buffer.concat([flip, ...(next(2) === 0 ? [asked] : []), mutate(asked, next), mutate(asked, next)]);
  const isAnswered = (answer: Uint8Array): boolean => answer.length > bare && Buffer.from(answer).includes("flip");
  return atTarget(options, "requests", ({ port }, counts, next) => throwAt(port, options.frames, counts, () => make(next), isAnswered));
}

/** Calls to the slave API. */
export function fuzzSlave(options: RosOptions): Promise<RosCounts> {
  const good = [
    xmlCall("publisherUpdate", ["/master", "/bad/out", [nowhere, nowhere]]),
    xmlCall("paramUpdate", ["/master", "/bad/tree/", { a: 1, b: [true, "x", 2.5] }]),
    xmlCall("requestTopic", ["/fuzz", "/worker/out", [["TCPROS"]]]),
    xmlCall("getBusInfo", ["/fuzz"]),
    xmlCall("getPublications", ["/fuzz"]),
  ];
  return atTarget(
    options,
    "slave",
    ({ slave }, counts, next) => throwAt(slave, options.frames, counts, () => mutate(good[next(good.length)]!, next), isResult),
  );
}

/** Calls to the built-in master. */
export function fuzzMaster(options: RosOptions): Promise<RosCounts> {
  const good = [
    xmlCall("registerPublisher", ["/fuzz", "/fuzz/out", "std_msgs/String", nowhere]),
    xmlCall("unregisterPublisher", ["/fuzz", "/fuzz/out", nowhere]),
    xmlCall("registerSubscriber", ["/fuzz", "/fuzz/in", "*", nowhere]),
    xmlCall("unregisterSubscriber", ["/fuzz", "/fuzz/in", nowhere]),
    xmlCall("registerService", ["/fuzz", "/fuzz/serve", nowhere, nowhere]),
    xmlCall("unregisterService", ["/fuzz", "/fuzz/serve", nowhere]),
    xmlCall("setParam", ["/fuzz", "/fuzz/tree", { a: 1, b: [true, "x", 2.5], c: { d: "" } }]),
    xmlCall("getParam", ["/fuzz", "/fuzz/tree/c"]),
    xmlCall("searchParam", ["/fuzz", "tree"]),
    xmlCall("deleteParam", ["/fuzz", "/fuzz/tree"]),
    xmlCall("subscribeParam", ["/fuzz", nowhere, "/fuzz/tree"]),
    xmlCall("getSystemState", ["/fuzz"]),
  ];
  return atTarget(
    options,
    "master",
    ({ master }, counts, next) => throwAt(master.port, options.frames, counts, () => mutate(good[next(good.length)]!, next), isResult),
  );
}
