import { contest } from "./lib/contest.ts";
import type { Question } from "./lib/question.ts";
import { inGraph } from "./lib/ros-contest.ts";

const variant = "100 topics at 100 Hz";
const least = 9000; // messages a second, of 10,000
const variants = [{ name: variant }];

export const question: Question = {
  id: "ros-frame-cost",
  question: "share of a processor of an engine whose node reads 100 topics of ROS, each with 100 messages a second",
  unit: "%",
  better: "lower",
  floor: "none",
  variants,
  must: { within: 20 },
  aim: { within: 10 },
  together: true,
  once: true,
  measure: (_, budget) =>
    inGraph(variants, (world) => {
      const us = async () => {
        const robot = await world.start("roscpp", "robot", "robot");
        const engine = await world.start("pyros", "hundred", "robot");
        await robot.ask("begin", 100);
        const during = async (ms: number): Promise<{ rate: number; share: number }> => {
          await engine.ask("begin");
          await new Promise((resolve) => setTimeout(resolve, ms));
          return engine.ask("end");
        };
        for (let i = 0; i < 40 && (await during(250)).rate < least; i++); // a hundred connections take their time
        return {
          async run() {
            const { rate, share } = await during(budget.quick ? 500 : 2000);
            if (rate < least) throw new Error(`only ${Math.round(rate)} of 10,000 messages a second arrived`);
            return { [variant]: share };
          },
        };
      };
      return contest({ us }, [variant], budget, "lower", { warm: 2, rounds: 5 });
    }),
};
