import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import type { Keys } from "./keys.ts";

/** Where a config came from: a file or a value. */
export class Source {
  /** The file; undefined for a value that is no file's. */
  readonly file: URL | undefined;
  /** Relative paths in the config start here. */
  readonly base: URL;

  constructor(file: URL | undefined, base: URL) {
    this.file = file;
    this.base = base;
  }

  /** The file's name as people see it; undefined for a value that is no file's. */
  get label(): string | undefined {
    return this.file === undefined ? undefined : fileLabel(this.file);
  }

  /** `file:line:column` of a part, as far as known. */
  where(_keys: Keys, _of: "key" | "value" = "value"): string | undefined {
    return this.label;
  }
}

/** A file's path as people see it: from the folder they are in, if it is in there. */
export function fileLabel(file: URL): string {
  if (file.protocol !== "file:") return file.href;
  const path = fileURLToPath(file);
  const near = relative(process.cwd(), path);
  return near === "" || near.startsWith("..") ? path : near;
}
