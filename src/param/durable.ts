/** Changes of files that are on the disk when they are done. */
import { chmod, mkdir, open, rename, rm } from "node:fs/promises";
import { dirname } from "node:path";

/** Replaces a file as a whole: whoever reads it, and whatever crashes, finds the old one or the new one. */
export async function replaceFile(path: string, text: string, mode: number): Promise<void> {
  const draft = draftOf(path);
  try {
    const handle = await open(draft, "w", mode);
    try {
      await handle.writeFile(text);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await chmod(draft, mode);
    await rename(draft, path);
  } catch (error) {
    await rm(draft, { force: true }).catch(() => {}); // a full disk needs the room
    throw error;
  }
  await syncFolder(dirname(path));
}

/** The file that is written before it takes the place of `path`. */
export function draftOf(path: string): string {
  return `${path}.new`;
}

/** Makes sure that the names in a folder are on the disk, where the system can. */
export async function syncFolder(path: string): Promise<void> {
  const handle = await open(path, "r").catch(() => undefined); // not on Windows
  if (handle === undefined) return;
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Makes a folder, and the folders that it stands in, where they are missing. */
export async function makeFolder(path: string): Promise<void> {
  const first = await mkdir(path, { recursive: true });
  if (first === undefined) return;
  for (let at = path; at.length >= first.length; at = dirname(at)) await syncFolder(dirname(at));
}
