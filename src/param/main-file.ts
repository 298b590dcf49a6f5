/**
 * The text of a file of params: `pyros-params: 1`, the revision, and the params as {@link printParams} writes them.
 *
 * @module
 */
import { ParamFileError } from "./file-error.ts";
import { isSubtree } from "./rule.ts";
import { type ParamFormat, parseText, printParams, readTree } from "./text.ts";
import type { ParamTree } from "./tree.ts";

const version = 1;

/**
 * Reads a file of params into an empty tree.
 *
 * @throws {ParamFileError} if it is damaged or something else, with file and line
 */
export function readMain(tree: ParamTree, text: string, format: ParamFormat, path: string): void {
  let coded: unknown;
  let params: unknown;
  try {
    coded = parseText(text, format, path);
    params = isSubtree(coded) ? readTree(coded.params, "/", path) : undefined;
  } catch (error) {
    throw new ParamFileError(`${(error as Error).message}; mend it, or restore it from a backup`, { name: path, cause: error });
  }
  const { "pyros-params": kind, revision } = (coded ?? {}) as Record<string, unknown>;
  if (kind !== version || !Number.isSafeInteger(revision) || (revision as number) < 0 || !isSubtree(params)) {
    throw new ParamFileError(
      `${path}:1: this is no file of params of version ${version}, which has the keys pyros-params, revision and params; give another file, or delete this one`,
      { name: path },
    );
  }
  try {
    tree.apply({ changes: [{ name: "/", value: params }] });
  } catch (error) {
    throw new ParamFileError(`${path}: params: ${(error as Error).message}`, { name: path, cause: error });
  }
  tree.replay([], revision as number);
}

/** What a file of params says of a tree. */
export function printMain(tree: ParamTree, format: ParamFormat): string {
  const { revision } = tree;
  const params = printParams(tree.get("/"), format).trimEnd();
  if (format === "json") {
    return `{\n  "pyros-params": ${version},\n  "revision": ${revision},\n  "params": ${params.replaceAll("\n", "\n  ")}\n}\n`;
  }
  const nested = params === "{}" ? " {}" : `\n${params.replaceAll(/^/gm, "  ")}`;
  return `# Params that were set in a Pyros graph. Edit them only while no engine has this file open.\npyros-params: ${version}\nrevision: ${revision}\nparams:${nested}\n`;
}
