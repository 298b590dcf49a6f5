/** Errors as values: which parts of an error travel, and the error that is made of them. */
import { isWellFormed } from "./text.ts";

const NATIVE: ReadonlyMap<string, ErrorConstructor> = new Map(
  [Error, EvalError, RangeError, ReferenceError, SyntaxError, TypeError, URIError].map((
    native,
  ) => [native.name, native as ErrorConstructor]),
);

/** The texts of an error. */
export interface FaultTexts {
  name: string;
  message: string;
  stack: string;
}

/** An error with the parts that may travel beside its texts. */
export interface Fault extends Error {
  code?: unknown;
  data?: unknown;
}

/** The texts of `error`; parts that are no strings are replaced by what comes nearest. */
export function faultTexts(error: Error): FaultTexts {
  const name: unknown = error.name;
  const message: unknown = error.message;
  const stack: unknown = error.stack;
  const texts = { name: typeof name === "string" ? name : "Error", message: typeof message === "string" ? message : "", stack: "" };
  texts.stack = typeof stack === "string" ? stack : headline(texts.name, texts.message);
  return texts;
}

/** The part of `texts` that no codec could carry, or undefined. */
export function brokenText(texts: FaultTexts): keyof FaultTexts | undefined {
  if (!isWellFormed(texts.name)) return "name";
  if (!isWellFormed(texts.message)) return "message";
  return isWellFormed(texts.stack) ? undefined : "stack";
}

/** An error of the native class called `name`, or an Error of that name, with that message and stack. */
export function makeFault(texts: FaultTexts): Fault {
  const native = NATIVE.get(texts.name);
  const fault: Fault = new (native ?? Error)(texts.message);
  if (native === undefined) hide(fault, "name", texts.name);
  hide(fault, "stack", texts.stack);
  return fault;
}

/** Gives `fault` a cause, the way the language does. */
export function setCause(fault: Fault, cause: unknown): void {
  hide(fault, "cause", cause);
}

/** Whether a copy of `error` is of the same class and has all that it has. */
export function isPlainFault(error: Error): boolean {
  if (Object.getPrototypeOf(error) !== (NATIVE.get(error.name) ?? Error).prototype) return false;
  return Object.keys(error).every((key) => key === "code" || key === "data");
}

function headline(name: string, message: string): string {
  return message === "" ? name : `${name}: ${message}`;
}

function hide(fault: Fault, key: string, value: unknown): void {
  Object.defineProperty(fault, key, { value, writable: true, enumerable: false, configurable: true });
}
