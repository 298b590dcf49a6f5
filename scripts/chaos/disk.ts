import { spawnSync } from "node:child_process";
import { closeSync, mkdirSync, openSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";

const megabytes = 32;
const files = 4000;

/** A small disk that can be filled, where there may be one; else a folder. */
export class Disk {
  readonly path: string;
  readonly #ballast: string;
  readonly #mounted: boolean;

  /** @param mount whether it is to be a disk of its own, which only a sandbox may have */
  constructor(path: string, mount: boolean) {
    mkdirSync(path);
    this.path = path;
    this.#mounted = mount;
    this.#ballast = join(path, "ballast");
    if (!mount) return;
    const options = `size=${megabytes}m,nr_inodes=${files},mode=0700`;
    const { status, stderr } = spawnSync("mount", ["-t", "tmpfs", "-o", options, "none", path], { encoding: "utf8" });
    if (status !== 0) throw new Error(`a disk cannot be mounted: ${stderr}`);
  }

  /** Takes all room that is left: for bytes, or for files. */
  fill(what: "bytes" | "files"): void {
    mkdirSync(this.#ballast, { recursive: true });
    try {
      for (let i = 0; i < files; i++) {
        const file = openSync(join(this.#ballast, `${Date.now()}-${i}`), "w");
        try {
          if (what === "bytes") { for (const size of [2 ** 20, 2 ** 12]) fillFile(file, new Uint8Array(size)); }
        } finally {
          closeSync(file);
        }
        if (what === "bytes") return;
      }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
    }
  }

  free(): void {
    rmSync(this.#ballast, { recursive: true, force: true });
  }

  end(): void {
    if (this.#mounted) spawnSync("umount", [this.path]);
  }
}

function fillFile(file: number, chunk: Uint8Array): void {
  try {
    while (writeSync(file, chunk) > 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
  }
}
