/** Runs the conformance cases in every placement, on Node and on Deno: `npm run test:all`. The rest of the tests is `npm test`. */
import { spawnSync } from "node:child_process";

const placements = ["loop", "thread", "process", "together", "mixed", "foreign", "guest", "guests"];
const vitest = "node_modules/vitest/vitest.mjs";
const runtimes: readonly (readonly string[])[] = [["node", vitest], ["node_modules/.bin/deno", "run", "-A", vitest]];

let failed = 0;
for (const [command, ...args] of runtimes) {
  for (const placement of placements) {
    console.log(`\n=== ${command}, ${placement}`);
    const env = { ...process.env, PYROS_PLACEMENTS: placement };
    const { status } = spawnSync(command!, [...args, "run", "test/conformance", ...process.argv.slice(2)], { stdio: "inherit", env });
    if (status !== 0) failed++;
  }
}
console.log(`${runtimes.length * placements.length - failed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
