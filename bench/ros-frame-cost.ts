import { contest } from "./lib/contest.ts";
import type { Question } from "./lib/question.ts";
import { missingRos, RosWorld } from "./lib/ros.ts";

const variant = "100 topics at 100 Hz";

export const question: Question = {
  id: "ros-frame-cost",
  question: "share of a processor of an engine whose node reads 100 topics of ROS, each with 100 messages a second",
  unit: "%",
  better: "lower",
  floor: "none",
  variants: [{ name: variant }],
  must: { within: 20 },
  aim: { within: 10 },
  together: true,
  once: true,
  async measure(_, budget) {
    const missing = missingRos();
    if (missing !== undefined) {
      return { [variant]: { us: missing, floor: missing, peers: {} } };
    }
    const world = await RosWorld.open();
    try {
      const us = async () => {
        const robot = await world.start("roscpp", "robot", "robot");
        const engine = await world.start("pyros", "hundred", "robot");
        await robot.ask("begin", 100);
        return {
          async run() {
            await engine.ask("begin");
            await new Promise((resolve) => setTimeout(resolve, budget.quick ? 500 : 2000));
            const { rate, share } = await engine.ask<
              { rate: number; share: number }
            >("end");
            if (rate < 9000) {
              throw new Error(
                `only ${Math.round(rate)} of 10,000 messages a second arrived`,
              );
            }
            return { [variant]: share };
          },
        };
      };
      return await contest({ us }, [variant], budget, "lower", {
        warm: 2,
        rounds: 5,
      });
    } finally {
      await world.close();
    }
  },
};
