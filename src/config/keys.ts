/** The way to a part of a config, from its root: keys of objects, indexes of lists. */
export type Keys = readonly (string | number)[];

/**
 * A path as one would write it in TypeScript.
 *
 * @returns such as `nodes["/guide"].params.gain`; empty for the root
 */
export function pathText(keys: Keys): string {
  let text = "";
  for (const key of keys) {
    if (typeof key === "string" && /^[A-Za-z_$][\w$]*$/.test(key)) text += text === "" ? key : `.${key}`;
    else text += `[${JSON.stringify(key)}]`;
  }
  return text;
}
