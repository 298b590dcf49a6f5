/** Errors as codecs write them: an object of their parts. */
import { type Fault, faultTexts, makeFault, setCause } from "../value/fault.ts";

/** The parts of `error`: `name`, `message`, `stack`, and `code`, `data`, `cause` where it has them. */
export function faultParts(error: Fault): Record<string, unknown> {
  const { name, message, stack } = faultTexts(error);
  const parts: Record<string, unknown> = { name, message, stack };
  if (error.code !== undefined) parts.code = error.code;
  if (error.data !== undefined) parts.data = error.data;
  if ("cause" in error) parts.cause = error.cause;
  return parts;
}

/** The error of those parts, or undefined if no error has them. */
export function faultOf(parts: Record<string, unknown>): Fault | undefined {
  const { name, message, stack, code, data, cause, ...rest } = parts;
  if (typeof name !== "string" || typeof message !== "string" || typeof stack !== "string") return undefined;
  if (Object.keys(rest).length > 0) return undefined;
  const error = makeFault({ name, message, stack });
  if (code !== undefined) error.code = code;
  if (data !== undefined) error.data = data;
  if (Object.hasOwn(parts, "cause")) setCause(error, cause);
  return error;
}
