import { renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { checkFolder, failure, ownerOf, readJson } from "./folder.ts";
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

  /**
   * Announces it; to be called when it can be reached. It goes with the folder.
   *
   * @throws {HostError} if that cannot be written
   */
  publish(folder: string, content: T): void {
    const path = join(folder, this.#file);
    try {
      writeFileSync(`${path}.new`, JSON.stringify(content), { mode: 0o600 });
      renameSync(`${path}.new`, path); // whoever looks finds all of it, or nothing
    } catch (cause) {
      throw failure(path, "written", cause);
    }
  }

  /**
   * What is announced in a folder; undefined where its graph has ended, or announces nothing of this kind.
   *
   * @throws {HostError} if the folder is not safe, or there are no file descriptors to read it
   */
  find(folder: string): Announced<T> | undefined {
    checkFolder(folder);
    const owner = ownerOf(folder);
    if (owner === undefined || hasEnded(owner)) return undefined;
    const content = readJson<T>(join(folder, this.#file));
    return content && { ...content, folder }; // else it starts, or ends
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
