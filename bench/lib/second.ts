/** The other half of a program that takes two processes. */
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Program, startProgram } from "./program.ts";

/** What this process is told to be; undefined for the first half. */
export const role: string | undefined = process.argv[2];

/** Starts the module once more, with arguments, and waits until it is ready. It ends with this process. */
export function second(
  module: string,
  ...args: readonly string[]
): Promise<Program> {
  return startProgram(fileURLToPath(module), args);
}

/** The path of a Unix socket in a folder that goes with this process. */
export function socketPath(): string {
  const folder = mkdtempSync(join(tmpdir(), "pyros-bench-"));
  process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
  return join(folder, "socket");
}

/** A port that is free now. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once("error", reject).listen(
      0,
      "127.0.0.1",
      () => {
        const { port } = server.address() as { port: number };
        server.close(() => resolve(port));
      },
    );
  });
}
