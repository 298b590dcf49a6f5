import { defineNode, from, param, stream } from "pyros";

/** Dies in every way that a thread or a process can. */
export default defineNode({
  params: { gain: 1, birth: param("easy", { oneOf: ["easy", "throw", "exit", "loop"] }) },
  streams: { beat: stream<number>({ depth: 1000 }) },
  inputs: { poke: from<number>("/poke") },
  state: () => ({ calls: 0 }),
  setup({ params }) {
    if (params["birth"] === "throw") throw new Error("it was not to be");
    if (params["birth"] === "exit") process.exit(7);
    if (params["birth"] === "loop") { for (;;); }
  },
  services: {
    pid: () => process.pid,
    title: () => process.title,
    count: (_: void, { state }) => ++state.calls,
    stuck: () => new Promise<never>(() => {}),
    /** Emits so many items, and goes on. */
    emit(count: number, { streams }) {
      for (let i = 0; i < count; i++) streams.beat.emit(i);
    },
    say(line: string) {
      process.stdout.write(`${line}\n`);
      process.stderr.write(`${line}!\n`);
    },
    log(what: string, { log }) {
      log.trace("a trace of {what}", { what });
      log.debug("debug {what}", { what });
      log.info("it is {what} at {when}", { what, when: new Date(5), deep: { list: [1, 2n] }, secret: () => 1 });
      void log.warn`so much of ${what} and ${[1, 2]}`;
      log.error("failed: {error}", { error: new RangeError(what) });
    },
    die(how: "exit" | "exit0" | "throw" | "reject" | "loop" | "memory") {
      setTimeout(() => {
        if (how === "exit") process.exit(3);
        if (how === "exit0") process.exit(0);
        if (how === "throw") throw new RangeError("thrown");
        if (how === "reject") void Promise.reject(new TypeError("rejected"));
        if (how === "loop") { for (;;); }
        const all: unknown[] = [];
        while (how === "memory") all.push(new Array(1e6).fill(0));
      }, 5);
    },
  },
});
