/**
 * Installs the packages for a checkout that has Deno alone; `--update` also brings `deno.lock` up to date with `deno.json`.
 *
 * `deno.json` uses `node_modules` as it stands (`"nodeModulesDir": "manual"`), so that Deno never rewrites what npm has
 * installed. Where npm has installed nothing, this script lets Deno install what `deno.lock` pins. `package.json` is left
 * out, because its tools for building and packing are of use on Node only.
 */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";

const update = process.argv.includes("--update");
const stamp = "node_modules/.deno/.pyros-lock";

function upToDate(): boolean {
  const byNpm = existsSync("node_modules/.package-lock.json");
  return byNpm || (existsSync(stamp) && readFileSync(stamp, "utf8") === readFileSync("deno.lock", "utf8"));
}

if (update || !upToDate()) {
  const { status } = spawnSync(process.execPath, ["install", "--quiet", "--lock=deno.lock", `--frozen=${!update}`], {
    stdio: "inherit",
    env: { ...process.env, DENO_NO_PACKAGE_JSON: "1" },
  });
  if (status === 0 && existsSync("node_modules/.deno")) writeFileSync(stamp, readFileSync("deno.lock"));
  process.exitCode = status ?? 1;
}
