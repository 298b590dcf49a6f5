import { defineNode, type Schema } from "pyros";
import * as v from "valibot";

/** A schema by hand, whose check takes time. */
const slow: Schema<number, string> = {
  "~standard": {
    version: 1,
    vendor: "test",
    validate: async (value) => {
      await new Promise((resolve) => setTimeout(resolve, 50));
      return typeof value === "number" ? { value: `n${value}` } : { issues: [{ message: "no number", path: ["deep", { key: 0 }] }] };
    },
  },
};
const throwing: Schema<any, any> = {
  "~standard": {
    version: 1,
    vendor: "test",
    validate: () => {
      throw new Error("the schema is broken");
    },
  },
};

const held: (() => void)[] = [];
/** One whose checks end when they are let go. */
const patient: Schema<number, number> = {
  "~standard": {
    version: 1,
    vendor: "test",
    validate: (value) => new Promise((resolve) => held.push(() => resolve({ value: value as number }))),
  },
};

/** Services with schemas for what comes in and goes out. */
export default defineNode({
  state: () => ({ ran: 0 }),
  input: {
    move: v.object({ x: v.number(), how: v.optional(v.picklist(["slow", "fast"]), "slow") }),
    slowly: slow,
    broken: throwing,
    patiently: patient,
  },
  output: { answer: v.pipe(v.number(), v.minValue(0)), slowAnswer: slow },
  services: {
    move(to, { state }) {
      state.ran++;
      return to;
    },
    patiently(n, { state }) {
      state.ran++;
      return n;
    },
    /** Lets the checks go; how many there were. */
    letGo() {
      const checks = held.splice(0);
      for (const check of checks) check();
      return checks.length;
    },
    slowly(text, { state }) {
      state.ran++;
      return text;
    },
    broken() {
      return "not reached";
    },
    answer(value: unknown) {
      return value;
    },
    slowAnswer(value: unknown) {
      return value;
    },
    ran(_: void, { state }) {
      return state.ran;
    },
  },
});
