// A program between the test and the processes that it watches: it starts some, says which, and does what it is told.
import { readBootstrap } from "../../../src/child/bootstrap.ts";
import { startProcess } from "../../../src/host/process-host.ts";

const { runtimes, then, endedBy } = readBootstrap().bootstrap as {
  runtimes: ("node" | "deno")[];
  then: string;
  endedBy: "system" | "itself";
};
const entry = new URL("./deeds.ts", import.meta.url);

const pids: number[] = [];
for (const runtime of runtimes) {
  for (const deed of ["say", "loop", "spinAtOnce"]) {
    await new Promise<void>((resolve, reject) => {
      const onLine = (line: string): void => (line === "ready" ? resolve() : reject(new Error(line)));
      startProcess({ entry, title: deed, bootstrap: { deed }, runtime, onLine, endedBy }).then((host) => pids.push(host.pid), reject);
    });
  }
}
console.log(`started ${pids.join(" ")}`);
if (then === "loop") {
  setTimeout(() => {
    for (;;);
  }, 10);
}
if (then === "exit") setTimeout(() => process.exit(0), 10);
