import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { splitDefinitions } from "./definition.ts";

/** The definitions of the common packages by name, where `@foxglove/rosmsg-msgs-common` is installed; none else. */
export function commonDefinitions(): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  let root: string;
  try {
    root = join(dirname(createRequire(import.meta.url).resolve("@foxglove/rosmsg-msgs-common/package.json")), "msgdefs", "ros1");
  } catch {
    return found;
  }
  for (const file of readdirSync(root, { recursive: true, encoding: "utf8" })) {
    if (!file.endsWith(".msg")) continue;
    // Each holds all that it needs, and what others need has no file of its own.
    const { own, needed } = splitDefinitions(readFileSync(join(root, file), "utf8"));
    found.set(file.slice(0, -4).replaceAll("\\", "/"), own);
    for (const [name, text] of needed) if (!found.has(name)) found.set(name, text);
  }
  return found;
}
