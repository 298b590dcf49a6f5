import { createHash } from "node:crypto";
import { type Definition, isPrimitive } from "./definition.ts";

/** The text of a definition that its MD5 is made of: types of other messages are replaced by their MD5. */
function plain({ constants, fields }: Definition, md5Of: (type: string) => string): string {
  const lines = constants.map(({ type, name, text }) => `${type} ${name}=${text}`);
  for (const { type, name, count } of fields) {
    // Of another message, it does not matter whether there is one of it or a list.
    const brackets = count === undefined || !isPrimitive(type) ? "" : `[${count === "any" ? "" : count}]`;
    lines.push(`${isPrimitive(type) ? type : md5Of(type)}${brackets} ${name}`);
  }
  return lines.join("\n").trim();
}

/**
 * The MD5 by which both ends of a connection know that they mean the same type.
 *
 * @param definitions one for a message, request and response for a service
 * @param md5Of that of another message
 */
export function md5(definitions: readonly Definition[], md5Of: (type: string) => string): string {
  const hash = createHash("md5");
  for (const definition of definitions) hash.update(plain(definition, md5Of));
  return hash.digest("hex");
}
