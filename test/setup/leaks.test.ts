import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

function runLeaky(name: string): { status: number | null; output: string } {
  const vitest = fileURLToPath(new URL("../../node_modules/vitest/vitest.mjs", import.meta.url));
  const config = fileURLToPath(new URL("./leaky/vitest.config.ts", import.meta.url));
  const runtime = "Deno" in globalThis ? ["run", "-A"] : [];
  const args = [...runtime, vitest, "run", name, "--config", config, "--root", fileURLToPath(new URL("./leaky", import.meta.url))];
  const { VITEST: _, VITEST_POOL_ID: __, VITEST_WORKER_ID: ___, ...env } = process.env;
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    env: { ...env, NO_COLOR: "1" },
    encoding: "utf8",
    timeout: 50_000,
  });
  return { status, output: stdout + stderr };
}

test("the leak check fails a file and names what it left", () => {
  const { status, output } = runLeaky("dirty");
  expect(status, output).toBe(1);
  expect(output).toContain("7 passed");
  expect(output).toContain("left behind by this test file");
  expect(output.match(/timer made .*dirty\.leaky\.ts:/g), output).toHaveLength(2);
  for (
    const name of [
      /file .*dirty\.leaky\.ts/,
      /TCPServerWrap/,
      /child process \d+ \(.*sleep 10\)/,
      /worker thread/,
      /process listener for SIGUSR2/,
    ]
  ) {
    expect(output).toMatch(name);
  }
});

test("the leak check passes a file that takes back what it took", () => {
  const { status, output } = runLeaky("clean");
  expect(status, output).toBe(0);
  expect(output).toContain("1 passed");
});
