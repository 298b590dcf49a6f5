import { defineNode, stream } from "pyros";

/** Waits, throws dice and lets the outside world in. */
export default defineNode({
  streams: { note: stream<any>() },
  state: () => ({ log: [] as any[] }),
  services: {
    async sleep(ms: number, context) {
      const start = context.time;
      await context.sleep(ms);
      context.state.log.push(["slept", ms, context.time - start]);
      return context.time - start;
    },
    /** Sleeps in the background, beyond this call. */
    doze(times: number[], context) {
      for (const ms of times) {
        void context.sleep(ms).then(
          () => context.state.log.push(["slept", ms, context.time]),
          (error) => context.state.log.push(["woken", error.name]),
        );
      }
    },
    async refused(ms: any, { sleep }) {
      try {
        await sleep(ms);
      } catch (error) {
        return `${(error as Error).name}: ${(error as Error).message}`;
      }
      return undefined;
    },
    dice: (count: number, { random }) => Array.from({ length: count }, () => random()),
    async outside({ ms, fail }: { ms: number; fail?: boolean }, context) {
      const before = context.time;
      const value = await context.external(async () => {
        await new Promise((resolve) => setTimeout(resolve, ms));
        if (fail === true) throw new RangeError("the outside failed");
        return "from outside";
      });
      context.streams.note.emit(value);
      return [value, context.time - before];
    },
    log: (_: void, { state }) => state.log,
    time: (_: void, { time }) => time,
  },
});
