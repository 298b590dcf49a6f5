import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { checkFolder, ownerOf } from "./folder.ts";
import { hasEnded } from "./identity.ts";

/** What a graph that runs announces, and its folder. */
export type Announced<T> = T & { readonly folder: string };

/** How programs find a graph that runs: it says in a file of its folder, which only its user can read, how it is to be reached. */
export class Announcement<T extends object> {
  readonly #file: string;

  /** @param file name of the file */
  constructor(file: string) {
    this.#file = file;
  }

  /** Announces it; to be called when it can be reached. It goes with the folder. */
  publish(folder: string, content: T): void {
    const draft = join(folder, `${this.#file}.new`);
    writeFileSync(draft, JSON.stringify(content), { mode: 0o600 });
    renameSync(draft, join(folder, this.#file)); // whoever looks finds all of it, or nothing
  }

  /**
   * What is announced in a folder; undefined where its graph has ended, or announces nothing of this kind.
   *
   * @throws {HostError} if the folder is not safe
   */
  find(folder: string): Announced<T> | undefined {
    checkFolder(folder);
    const owner = ownerOf(folder);
    if (owner === undefined || hasEnded(owner)) return undefined;
    try {
      return { ...(JSON.parse(readFileSync(join(folder, this.#file), "utf8")) as T), folder };
    } catch {
      return undefined; // it starts, or ends
    }
  }

  /** All that is announced in folders; those that are not safe are left out. */
  findAll(folders: readonly string[]): Announced<T>[] {
    return folders.flatMap((folder) => {
      try {
        return this.find(folder) ?? [];
      } catch {
        return [];
      }
    });
  }
}
