/** What is logged in a thread or process comes to the LogTape of the main engine's program, as if it were logged there. */
import { configureSync, type LogLevel, type LogRecord, resetSync } from "@logtape/logtape";
import { afterEach, describe, expect, test } from "vitest";
import { until } from "../conformance/harness.ts";
import { mortalOf, start } from "./supervised/support.ts";

afterEach(() => resetSync());

const records: LogRecord[] = [];
function listen(level: LogLevel, nodes: Readonly<Record<string, LogLevel>> = {}): void {
  records.length = 0;
  configureSync({
    reset: true,
    sinks: { all: (record) => void records.push(record) },
    loggers: [
      { category: ["logtape", "meta"], sinks: [], lowestLevel: "warning" },
      { category: ["pyros"], sinks: ["all"], lowestLevel: level },
      ...Object.entries(nodes).map(([node, lowestLevel]) => ({
        category: ["pyros", node],
        sinks: ["all"],
        parentSinks: "override" as const,
        lowestLevel,
      })),
    ],
  });
}
const of = (node: string) => records.filter(({ category }) => category[1] === node);
const plain = ({ category, level, message, rawMessage, properties }: LogRecord) => ({ category, level, message, rawMessage, properties });

describe.each(["thread", "process"] as const)("a node in a %s", (placement) => {
  test("logs as in the loop: level, template, values, properties", async () => {
    listen("info");
    const engine = await start({ nodes: { "/mortal": { use: "./mortal.ts", placement }, "/here": "./mortal.ts" } });
    await mortalOf(engine).log("x");
    await mortalOf(engine, "/here").log("x");
    await until(() => of("/mortal").length === 3);
    const secret = expect.anything(); // a function cannot leave its loop; it comes as its text
    for (const [i, record] of of("/mortal").entries()) {
      const here = plain(of("/here")[i]!);
      if ("secret" in here.properties) here.properties.secret = secret;
      expect(plain(record)).toEqual({ ...here, category: ["pyros", "/mortal"] });
      expect(record.timestamp).toBeGreaterThan(Date.now() - 60_000);
    }
    expect(of("/mortal").map(({ level }) => level)).toEqual(["info", "warning", "error"]);
  });

  test("sends only what somebody wants, also when that changes", async () => {
    listen("fatal", { "/mortal": "trace" });
    const engine = await start({
      hosts: { both: { placement, nodes: ["/mortal", "/quiet"] } },
      nodes: { "/mortal": "./mortal.ts", "/quiet": "./mortal.ts" },
    });
    await mortalOf(engine).log("x");
    await mortalOf(engine, "/quiet").log("x");
    await until(() => of("/mortal").length === 5);
    listen("error");
    await until(async () => {
      records.length = 0;
      await mortalOf(engine).log("y");
      await mortalOf(engine, "/quiet").log("y");
      await engine.flush();
      return of("/quiet").length === 1;
    });
    expect(of("/mortal").map(({ level }) => level)).toEqual(["error"]);
  });

  test("is silent where nobody asks", async () => {
    const engine = await start({ placement, nodes: { "/mortal": "./mortal.ts" } });
    await mortalOf(engine).log("x");
    listen("trace");
    await engine.flush();
    expect(of("/mortal")).toEqual([]);
  });

  test("tells by a log record why it failed", async () => {
    listen("info");
    const engine = await start({ placement, nodes: { "/failing": { use: "./failing.ts", restart: "never" } } });
    await engine.call("/failing/fail");
    await until(() => of("/failing").length === 1);
    expect(of("/failing")[0]).toMatchObject({
      level: "error",
      rawMessage: "failed: {error}",
      properties: { error: { message: "it fails" } },
    });
  });
});
