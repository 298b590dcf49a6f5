import { fileURLToPath } from "node:url";
import { configDefaults, defineConfig } from "vitest/config";
import { commandOf } from "./test/conformance/runtimes.ts";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  resolve: {
    alias: [
      { find: /^pyros$/, replacement: here("./src/mod.ts") },
      { find: /^pyros\/test$/, replacement: here("./src/testing/mod.ts") },
      { find: /^pyros\/ros$/, replacement: here("./systems/ros/mod.ts") },
    ],
  },
  test: {
    // In TypeScript, or in JavaScript (scripts/test-all.ts).
    include: ["{test,examples}/**/*.test.{ts,js}"],
    // libzmq runs on Node only.
    exclude: [...configDefaults.exclude, ...(commandOf("node") === undefined ? ["test/link/zmtp/libzmq.test.?s"] : [])],
    setupFiles: ["./test/setup/leaks.ts"],
    // One process a file: the leak check needs one, and thread workers fail at teardown on Deno.
    pool: "forks",
    // More than the two processors of a small machine: many tests wait most of their time (815 tests took 239 s with three, 354 with two).
    maxWorkers: 3,
    // Wide, because a loaded machine is no failure: tests wait for conditions, and these only end what hangs.
    testTimeout: 60_000,
    hookTimeout: 60_000,
    teardownTimeout: 20_000,
    retry: process.env.CI === undefined ? 0 : 1,
    reporters: ["default", here("./test/setup/second-attempts.ts")],
    coverage: {
      provider: "v8",
      include: ["src/**/*.ts", "systems/**/*.ts"],
      reportsDirectory: "coverage",
      reporter: ["text", "json-summary"],
      thresholds: { lines: 90 },
    },
  },
});
