import { contest } from "./lib/contest.ts";
import type { Question } from "./lib/question.ts";
import { inGraph } from "./lib/ros-contest.ts";

const variant = "100 topics at 100 Hz";
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
        return {
          async run() {
            await engine.ask("begin");
            await new Promise((resolve) => setTimeout(resolve, budget.quick ? 500 : 2000));
            const { rate, share } = await engine.ask<{ rate: number; share: number }>("end");
            if (rate < 9000) throw new Error(`only ${Math.round(rate)} of 10,000 messages a second arrived`);
            return { [variant]: share };
          },
        };
      };
      return contest({ us }, [variant], budget, "lower", { warm: 2, rounds: 5 });
    }),
};
