import { client, defineNode, from, param, stream } from "pyros";
import type echo from "./echo.ts";

// What is outside the state, and so lives on: per engine, as module variables are. Keyed by node.
export interface Story {
  setups: number;
  disposed: number;
  /** Lives that were set up and not disposed of yet, at most and now. */
  open: number;
  mostOpen: number;
  errors: string[];
}
const stories = new Map<string, Story>();
const storyOf = (name: string): Story => {
  let story = stories.get(name);
  if (story === undefined) stories.set(name, story = { setups: 0, disposed: 0, open: 0, mostOpen: 0, errors: [] });
  return story;
};

/** Lives and dies as it is told: by its params, and by its services. */
export default defineNode({
  params: {
    setup: param("quick", { oneOf: ["quick", "slow", "hang", "throw", "throw-later", "crash"] }),
    dispose: param("quick", { oneOf: ["quick", "slow", "hang", "throw"] }),
    gain: 1,
    trap: 0,
  },
  streams: { beat: stream<number>() },
  inputs: { poke: from<string>("/poke") },
  needs: { echo: client<typeof echo>("/echo") },
  state: () => ({ updates: 0, fail: "" as "" | "throw" | "reject", notes: [] as string[] }),
  async setup({ name, params, sleep, stream: open, watch, provide }) {
    const story = storyOf(name);
    story.setups++;
    open("/poke").on(() => {});
    watch("gain", () => {});
    watch("trap", (value) => {
      if (value > 0) throw new Error("the trap");
    });
    provide("extra", () => "extra");
    switch (params["setup"]) {
      case "slow":
        await sleep(20);
        break;
      case "hang":
        await new Promise(() => {});
        break;
      case "throw":
        throw new Error("setup throws");
      case "throw-later":
        await sleep(20);
        throw new Error("setup throws late");
      case "crash":
        watch("gain", () => {
          throw new Error("a watcher throws");
        });
        await new Promise(() => {});
        break;
    }
    story.open++;
    story.mostOpen = Math.max(story.mostOpen, story.open);
    return { story };
  },
  async dispose({ local, params }) {
    if (params.dispose === "slow") await new Promise((resolve) => setTimeout(resolve, 20));
    local.story.open--;
    local.story.disposed++;
    if (params.dispose === "hang") await new Promise(() => {});
    if (params.dispose === "throw") throw new Error("dispose throws");
  },
  on: {
    poke(what, { state }) {
      if (what === "throw") throw new Error("on throws");
      if (what === "reject") return Promise.reject(new Error("on rejects"));
      state.notes.push(what);
      return undefined;
    },
  },
  services: {
    fail(how: "throw" | "reject", { state }) {
      state.fail = how;
    },
    note(text: string, { state }) {
      state.notes.push(text);
      return state.notes;
    },
    state(_: void, { state }) {
      return state;
    },
    story(_: void, { name }) {
      return storyOf(name);
    },
    /** Begins a new story: other tests' engines may have run in these modules before. */
    forget(_: void, { name, local }) {
      Object.assign(local.story, { setups: 1, disposed: 0, open: 1, mostOpen: 1, errors: [] });
      return storyOf(name);
    },
    async slow(ms: number, { sleep }) {
      await sleep(ms);
      return "slow";
    },
    stuck() {
      return new Promise<never>(() => {});
    },
    /** Answers at once, and goes on for ever: beyond the call, but not beyond the node's life. */
    background(_: void, { sleep, name }) {
      const story = storyOf(name);
      void (async () => {
        for (;;) await sleep(10);
      })().catch((error: Error) => story.errors.push(error.name));
      return "begun";
    },
    /** Goes on after its node has ended, and tries all that could touch the next life. */
    haunt(_: void, context) {
      const { state, streams, call, set, provide, withdraw, stream: open, watch, needs, name, sleep } = context;
      const story = storyOf(name);
      const attempt = async (run: () => unknown): Promise<void> => {
        try {
          await run();
          story.errors.push("nothing");
        } catch (error) {
          story.errors.push((error as Error).name);
        }
      };
      void (async () => {
        await new Promise((resolve) => setTimeout(resolve, 60));
        state.updates = 1e9;
        state.notes.push("haunted");
        streams.beat.emit(-1);
        await attempt(() => call("/echo/echo", 1));
        await attempt(() => needs.echo.echo(1));
        await attempt(() => set("gain", 666));
        await attempt(() => provide("haunted", () => 1));
        await attempt(() => withdraw("extra"));
        await attempt(() => open("/poke"));
        await attempt(() => watch("gain", () => {}));
        await attempt(() => sleep(1));
        story.errors.push("end");
      })();
      return new Promise<never>(() => {});
    },
  },
  update({ state, streams }) {
    streams.beat.emit(state.updates++);
    if (state.fail === "throw") throw new Error("update throws");
    if (state.fail === "reject") return Promise.reject(new Error("update rejects")) as never;
  },
});
