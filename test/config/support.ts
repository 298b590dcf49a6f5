import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, expect } from "vitest";
import { type CreateOptions, prepare } from "../../src/config/plan.ts";
import { ConfigError, type ConfigProblem } from "../../src/errors.ts";

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

/** Writes files into a new folder, which goes when the tests are over; returns the folder. */
export function files(contents: Readonly<Record<string, string>>): string {
  const folder = mkdtempSync(join(realpathSync(tmpdir()), "pyros-config-"));
  folders.push(folder);
  for (const [name, content] of Object.entries(contents)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
  return folder;
}

/** The mistakes of a config: of a value, or of a file's path. */
export async function problemsOf(config: unknown, options?: CreateOptions): Promise<readonly ConfigProblem[]> {
  const error = await prepare(config as never, options).then(() => undefined, (error: unknown) => error);
  expect(error).toBeInstanceOf(ConfigError);
  return (error as ConfigError).problems;
}

/** The same as text: `path: message`. */
export async function mistakes(config: unknown, options?: CreateOptions): Promise<string[]> {
  return (await problemsOf(config, options)).map(({ path, message }) => (path === "" ? message : `${path}: ${message}`));
}
