/** Errors of the engine's own on their way to another engine, where they are of the same class again. */
import * as errors from "../errors.ts";
import { describeError } from "../value/error.ts";
import { snapshot } from "../value/copy.ts";
import { stackless } from "../value/stackless.ts";

/** An error as it travels. */
export interface WireError {
  /** Class of a Pyros error, or empty for any other. */
  readonly class: string;
  readonly message: string;
  readonly node?: string;
  readonly name?: string;
  readonly stack?: string;
  readonly issues?: readonly { readonly path: string; readonly message: string }[];
  readonly path?: string;
  readonly provider?: string;
  readonly remote?: errors.RemoteErrorInfo;
  /** What caused it, or what was thrown that is no Pyros error. */
  readonly cause?: unknown;
}

type Class = new (
  message: string,
  details: errors.ErrorDetails & { issues?: readonly { path: string; message: string }[] },
) => errors.PyrosError;

const special = new Set(["ServiceError", "ValueError", "ConfigError"]);
const classes: ReadonlyMap<string, Class> = new Map(
  Object.entries(errors).filter(([name]) => !special.has(name)).map(([name, made]) => [name, made as Class]),
);

/** Describes anything that was thrown or given as a reason, so that it can be sent; never throws itself. */
export function toWire(thrown: unknown): WireError {
  if (!(thrown instanceof errors.PyrosError)) return { class: "", message: "", cause: portable(thrown) };
  const { name, message, node, subject, stack, cause } = thrown;
  return clean({
    class: name,
    message,
    node,
    name: subject,
    stack,
    cause: cause === undefined ? undefined : cause instanceof errors.PyrosError ? toWire(cause) : portable(cause),
    issues: thrown instanceof errors.ValidationError ? thrown.issues.map(({ path, message }) => ({ path, message })) : undefined,
    path: thrown instanceof errors.ValueError ? thrown.path : undefined,
    provider: thrown instanceof errors.ServiceError ? thrown.provider : undefined,
    remote: thrown instanceof errors.ServiceError ? (snapshot(thrown.remote) as errors.RemoteErrorInfo) : undefined,
  });
}

/** The error that was described; what is no description becomes an error that says so. */
export function fromWire(described: unknown): unknown {
  if (typeof described !== "object" || described === null) return new errors.PyrosError("another engine gave no reason that can be read");
  const { class: name, message, node, name: subject, stack, cause, issues, path, provider, remote } = described as Partial<WireError>;
  if (name === "") return cause;
  const details = {
    ...clean({ node, name: subject, issues }),
    ...(cause === undefined ? {} : { cause: isWire(cause) ? fromWire(cause) : cause }),
  };
  const text = typeof message === "string" ? message : "";
  const make = () => {
    if (name === "ServiceError") return new errors.ServiceError(String(subject), String(provider), thrownThere(remote));
    if (name === "ValueError") return new errors.ValueError(String(path), "", details);
    return new (classes.get(String(name)) ?? errors.PyrosError)(text, details);
  };
  const error: errors.PyrosError = typeof stack === "string" ? stackless(make) : make();
  Object.defineProperty(error, "message", { value: text, writable: true, configurable: true, enumerable: false });
  if (typeof stack === "string") {
    Object.defineProperty(error, "stack", { value: stack, writable: true, configurable: true, enumerable: false });
  }
  return error;
}

/** What a handler in another engine threw; what cannot be read says so. */
export function thrownThere(told: unknown): errors.RemoteErrorInfo {
  const { name, message, stack, ...rest } = (typeof told === "object" && told !== null ? told : {}) as Partial<errors.RemoteErrorInfo>;
  return {
    ...rest,
    name: typeof name === "string" ? name : "Error",
    message: typeof message === "string" ? message : "an error that cannot be read",
    ...(typeof stack === "string" ? { stack } : {}),
  };
}

function isWire(value: unknown): value is WireError {
  return typeof value === "object" && value !== null && typeof (value as WireError).class === "string";
}

/** A value that any codec can carry: itself where that is possible. */
function portable(thrown: unknown): unknown {
  try {
    return snapshot(thrown);
  } catch {
    const { name, message, stack } = describeError(thrown);
    const error = new Error(message);
    error.name = name;
    if (stack !== undefined) error.stack = stack;
    return error;
  }
}

function clean<T extends object>(details: T): T {
  for (const key of Object.keys(details) as (keyof T)[]) if (details[key] === undefined) delete details[key];
  return details;
}
