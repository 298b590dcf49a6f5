import type { StandardSchemaV1 } from "@standard-schema/spec";
import { ValidationError } from "../errors.ts";

/** Any schema of a library that follows Standard Schema, such as Valibot, Zod or ArkType. */
export type Schema<Input = unknown, Output = Input> = StandardSchemaV1<Input, Output>;

/**
 * Checks a value against a schema.
 *
 * @param schema a Standard Schema
 * @param value what to check
 * @param what whose value it is, such as `input of /guide/reset`
 * @param details the node and name for the error
 * @returns the schema's output, in a promise where the schema is asynchronous
 * @throws ValidationError with every issue and its path; where the schema is asynchronous, the promise rejects with it
 */
export function validate(schema: Schema, value: unknown, what: string, details: { node?: string; name?: string }): unknown {
  const result = schema["~standard"].validate(value);
  return result instanceof Promise ? result.then((r) => unwrap(r, what, details)) : unwrap(result, what, details);
}

function unwrap(result: StandardSchemaV1.Result<unknown>, what: string, details: { node?: string; name?: string }): unknown {
  if (result.issues === undefined) return result.value;
  const issues = result.issues.map((issue) => ({ path: pathOf(issue.path), message: issue.message }));
  throw new ValidationError(`${what} does not fit: ${issues.map((i) => `${i.path}: ${i.message}`).join("; ")}`, { ...details, issues });
}

function pathOf(path: StandardSchemaV1.Issue["path"]): string {
  let text = "$";
  for (const part of path ?? []) {
    const key = typeof part === "object" ? part.key : part;
    text += typeof key === "number" ? `[${key}]` : `.${String(key)}`;
  }
  return text;
}
