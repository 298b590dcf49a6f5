/**
 * Writes the JSON schema of configs, for editors: `tsx scripts/config-schema.ts`. With `--check`, fails where it is not up to date.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { configSchema } from "../src/config/fields.ts";

const file = new URL("../schema/pyros.config.schema.json", import.meta.url);
const text = `${JSON.stringify(configSchema(), null, 2)}\n`;
if (!process.argv.includes("--check")) writeFileSync(file, text);
else if (readFileSync(file, "utf8") !== text) {
  console.error("schema/pyros.config.schema.json is not up to date; run tsx scripts/config-schema.ts");
  process.exitCode = 1;
}
