/** Keys for links that are encrypted, in files: a pair is for its user only, public keys are for everybody. */
import { lstatSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { HostError } from "../errors.ts";
import { checkKeys, type CurveKeys, makeCurveKeys } from "../link/zmtp/curve/keys.ts";
import { decodeZ85, encodeZ85 } from "../link/zmtp/curve/z85.ts";

/** Characters of a key as text. */
const keyLength = 40;

/**
 * Makes a pair of keys, and a file of it that only this user can read.
 *
 * @returns the public key, as 40 characters
 * @throws {HostError} if the file is there already, or cannot be written
 */
export async function makeKeyFile(path: string): Promise<string> {
  const { publicKey, secretKey } = await makeCurveKeys();
  const text = `${JSON.stringify({ public: encodeZ85(publicKey), secret: encodeZ85(secretKey) })}\n`;
  try {
    writeFileSync(path, text, { flag: "wx", mode: 0o600 });
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    const why = code === "EEXIST" ? "it is there already; remove it, or take another name" : message;
    throw new HostError(`the file of keys ${path} cannot be made: ${why}`, { name: path, cause });
  }
  return encodeZ85(publicKey);
}

/**
 * Reads a pair of keys.
 *
 * @throws {HostError} if there is no such file, if others can read it, or if it holds no pair; no key is quoted
 */
export async function readKeyFile(path: string): Promise<CurveKeys> {
  const refuse = (why: string, cause?: unknown): never => {
    throw new HostError(`the file of keys ${path} cannot be used: ${why}`, { name: path, ...(cause === undefined ? {} : { cause }) });
  };
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return refuse(`there is none; make one: pyros keys ${path}`);
  if (!found.isFile()) refuse("it is no file");
  const user = process.getuid?.();
  if (user !== undefined && found.uid !== user) refuse(`it belongs to user ${found.uid}, not to ${user}`);
  if (user !== undefined && (found.mode & 0o077) !== 0) {
    refuse(`others can read it (mode ${(found.mode & 0o777).toString(8)}): chmod 600 ${path}`);
  }
  let keys: CurveKeys;
  try {
    const read = JSON.parse(readFileSync(path, "utf8")) as { public?: unknown; secret?: unknown };
    keys = { publicKey: decodeZ85(String(read.public)), secretKey: decodeZ85(String(read.secret)) };
  } catch {
    return refuse("it holds no pair of keys, as pyros keys makes them"); // the cause may quote it
  }
  try {
    await checkKeys(keys);
  } catch (cause) {
    refuse((cause as Error).message, cause);
  }
  return keys;
}

/** Whether a text may be a public key. */
export function isPublicKey(text: string): boolean {
  try {
    return text.length === keyLength && decodeZ85(text).length === 32;
  } catch {
    return false;
  }
}

/**
 * Who may join.
 *
 * @param allow public keys; or a folder in which each file holds one, which is read whenever somebody comes
 */
export function allowedKeys(allow: readonly string[] | string): (key: Uint8Array) => boolean {
  return (key) => (typeof allow === "string" ? keysIn(allow) : allow).includes(encodeZ85(key));
}

function keysIn(folder: string): string[] {
  try {
    return readdirSync(folder).map((name) => readFileSync(join(folder, name), "utf8").trim());
  } catch {
    return []; // nobody
  }
}
