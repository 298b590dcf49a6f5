import { configureSync, type LogRecord, resetSync } from "@logtape/logtape";
import { afterEach, expect, test } from "vitest";
import { createEngine, defineNode } from "pyros";

afterEach(() => resetSync());

class Body {
  mass = 1;
}

test("a state that is no data is told of at the first start, by its path; in production nobody looks", async () => {
  const records: LogRecord[] = [];
  configureSync({
    sinks: { all: (record) => void records.push(record) },
    loggers: [{ category: ["logtape", "meta"], sinks: [] }, { category: ["pyros"], sinks: ["all"], lowestLevel: "warning" }],
  });
  const nodes = {
    "/plain": defineNode({ state: () => ({ bodies: [{ mass: 1 }] }) }),
    "/bodies": defineNode({ state: () => ({ bodies: [{ mass: 1 }, new Body()] }) }),
    "/late": defineNode({ state: () => ({ done: undefined as unknown }), setup: ({ state }) => void (state.done = () => {}) }),
  };
  await using engine = await createEngine({ development: true, nodes });
  const told = () => records.map(({ category, message }) => `${category[1]}: ${message.join("")}`).sort();
  const expected = [
    "/bodies: it can be neither moved nor kept by checkpoints: the state of /bodies: $.bodies[1]: an instance of class Body cannot be sent; send its data as a plain object",
    "/late: it can be neither moved nor kept by checkpoints: the state of /late: $.done: a function cannot be sent; send data, and provide what it does as a service",
  ];
  expect(told()).toEqual(expected);
  await engine.restartNode("/bodies");
  await using quiet = await createEngine({ development: false, nodes });
  expect(quiet.nodes.length).toBe(3);
  expect(told()).toEqual(expected);
});
