/**
 * Every error that Pyros throws, one class a cause.
 *
 * @module
 */

/** What every {@link PyrosError} may say beside its message. */
export interface ErrorDetails {
  /** Name of the node that the error concerns, such as `/guide`. */
  node?: string;
  /** Name of the service, param, stream, file or value that the error concerns. */
  name?: string;
  /** The error or value that caused this one. */
  cause?: unknown;
}

/**
 * The base of all errors of Pyros: `code` is stable, `node` and `subject` say whom it concerns.
 *
 * Messages say what happened, to what, and what would be right.
 */
export class PyrosError extends Error {
  override name = "PyrosError";
  /** A stable identifier such as `PYROS_SERVICE_TIMEOUT`, listed in `docs/errors.md`. */
  readonly code: string = "PYROS_ERROR";
  /** The node concerned, where there is one. */
  readonly node: string | undefined;
  /** The service, param, stream, file or value concerned, where there is one. */
  readonly subject: string | undefined;

  /**
   * @param message what happened, to what, and what would be right
   * @param details whom it concerns, and the cause
   */
  constructor(message: string, details: ErrorDetails = {}) {
    super(message, "cause" in details ? { cause: details.cause } : undefined);
    this.node = details.node;
    this.subject = details.name;
  }
}

/** A name breaks the rules for names; the message quotes the name and the rule. */
export class NameError extends PyrosError {
  override name = "NameError";
  override readonly code = "PYROS_NAME";
}

/** A node, system, service, param or stream is declared in a way that cannot be, or twice in ways that conflict. */
export class DeclarationError extends PyrosError {
  override name = "DeclarationError";
  override readonly code = "PYROS_DECLARATION";
}

/** One mistake in a config. */
export interface ConfigProblem {
  /** Path inside the config, such as `nodes["/guide"].rate`. */
  path: string;
  /** What is wrong there, and what would be right. */
  message: string;
  /** The file in which it stands, with `:line:column` where known. */
  where?: string;
}

/** A config has mistakes; `problems` holds each with its path and what would be right. */
export class ConfigError extends PyrosError {
  override name = "ConfigError";
  override readonly code = "PYROS_CONFIG";
  /** Every mistake that was found, in the order of the config. */
  readonly problems: readonly ConfigProblem[];

  /**
   * @param problems the mistakes, at least one
   * @param details the cause, where there is one
   */
  constructor(problems: readonly ConfigProblem[], details: ErrorDetails = {}) {
    super(
      problems.map((p) => `${p.where === undefined ? "" : `${p.where}: `}${p.path === "" ? "" : `${p.path}: `}${p.message}`).join("\n"),
      details,
    );
    this.problems = problems;
  }
}

/** A value cannot leave the loop; the message names the path inside the value and what stands there. */
export class ValueError extends PyrosError {
  override name = "ValueError";
  override readonly code = "PYROS_VALUE";
  /** Path inside the value, such as `$.path[3].next`; `$` is the value itself. */
  readonly path: string;

  /**
   * @param path the path inside the value
   * @param problem what stands there and why it cannot leave, such as `a function cannot leave its loop`
   * @param details whom it concerns
   */
  constructor(path: string, problem: string, details: ErrorDetails = {}) {
    super(`${details.name === undefined ? "" : `${details.name}: `}${path}: ${problem}`, details);
    this.path = path;
  }
}

/** Bytes are not one well-formed value of their codec, or exceed its limits; or there is no codec of that name. */
export class CodecError extends PyrosError {
  override name = "CodecError";
  override readonly code = "PYROS_CODEC";
}

/** An input, an output or a param value does not fit its schema or rule; nothing was changed. */
export class ValidationError extends PyrosError {
  override name = "ValidationError";
  override readonly code = "PYROS_VALIDATION";
  /** What does not fit, with its path inside the value. */
  readonly issues: readonly { readonly path: string; readonly message: string }[];

  /**
   * @param message what does not fit, and what would be right
   * @param details whom it concerns, and the single issues
   */
  constructor(message: string, details: ErrorDetails & { issues?: readonly { path: string; message: string }[] } = {}) {
    super(message, details);
    this.issues = details.issues ?? [];
  }
}

/** What {@link ServiceError} tells of the handler's error. */
export interface RemoteErrorInfo {
  /** `name` of the handler's error, such as `RangeError`. */
  name: string;
  /** Its message. */
  message: string;
  /** Its `code`, where it had one. */
  code?: string | number;
  /** Its `data`, where it had some that can travel. */
  data?: unknown;
  /** Its stack, where it had one. */
  stack?: string;
  /** Its cause, told the same way. */
  cause?: RemoteErrorInfo;
}

/** The handler of a service threw; it tells the handler's error and is never the same object. */
export class ServiceError extends PyrosError {
  override name = "ServiceError";
  override readonly code = "PYROS_SERVICE";
  /** Name of the node that provided the service. */
  readonly provider: string;
  /** The handler's error. */
  readonly remote: RemoteErrorInfo;
  /** `data` of the handler's error. */
  readonly data: unknown;

  /**
   * @param service the service's name
   * @param provider the providing node's name
   * @param remote what the handler threw
   */
  constructor(service: string, provider: string, remote: RemoteErrorInfo) {
    super(`${service} at ${provider} failed: ${remote.name}: ${remote.message}`, {
      node: provider,
      name: service,
      ...(remote.cause === undefined ? {} : { cause: remote.cause }),
    });
    this.provider = provider;
    this.remote = remote;
    this.data = remote.data;
  }
}

/** A call was not answered within its time; the provider's `signal` has fired. */
export class ServiceTimeoutError extends PyrosError {
  override name = "ServiceTimeoutError";
  override readonly code = "PYROS_SERVICE_TIMEOUT";
}

/** The provider stopped, failed or became unreachable while the call was out. */
export class NodeLostError extends PyrosError {
  override name = "NodeLostError";
  override readonly code = "PYROS_NODE_LOST";
}

/** Nobody provides a service of that name; the message names the nearest one that is provided. */
export class UnknownServiceError extends PyrosError {
  override name = "UnknownServiceError";
  override readonly code = "PYROS_UNKNOWN_SERVICE";
}

/** No node of that name is in the graph. */
export class UnknownNodeError extends PyrosError {
  override name = "UnknownNodeError";
  override readonly code = "PYROS_UNKNOWN_NODE";
}

/** A param of that name does not exist. */
export class UnknownParamError extends PyrosError {
  override name = "UnknownParamError";
  override readonly code = "PYROS_UNKNOWN_PARAM";
}

/** The provider has as many calls in hand as its `maxInFlight` allows. */
export class OverloadedError extends PyrosError {
  override name = "OverloadedError";
  override readonly code = "PYROS_OVERLOADED";
}

/** A chain of calls came back to a `concurrency: 1` service that it already holds, and would wait for itself. */
export class CallCycleError extends PyrosError {
  override name = "CallCycleError";
  override readonly code = "PYROS_CALL_CYCLE";
}

/** A compare-and-set found another revision than the expected one; nothing was changed. */
export class RevisionError extends PyrosError {
  override name = "RevisionError";
  override readonly code = "PYROS_REVISION";
}

/** A node did not start: its `setup` threw, or its module could not be loaded. */
export class NodeStartError extends PyrosError {
  override name = "NodeStartError";
  override readonly code = "PYROS_NODE_START";
}

/** A thread, a process, or the folder that they meet in could not be made; the message says what is missing. */
export class HostError extends PyrosError {
  override name = "HostError";
  override readonly code = "PYROS_HOST";
}

/** A node could not move, and goes on where it was; the message says why. */
export class MoveError extends PyrosError {
  override name = "MoveError";
  override readonly code = "PYROS_MOVE";
}

/** What was asked of an engine or a node does not fit the state it is in, such as a call to a closed engine. */
export class StateError extends PyrosError {
  override name = "StateError";
  override readonly code = "PYROS_STATE";
}

/** Another engine says something that the protocol of links does not allow, or is of another version; its link is closed. */
export class ProtocolError extends PyrosError {
  override name = "ProtocolError";
  override readonly code = "PYROS_PROTOCOL";
}

/** Two systems cannot be put into an order, or a system's declaration names something that does not exist. */
export class SystemError extends PyrosError {
  override name = "SystemError";
  override readonly code = "PYROS_SYSTEM";
}

/** A link to another process cannot be opened, was refused, or has broken; the message names the address and what was wrong. */
export class LinkError extends PyrosError {
  override name = "LinkError";
  override readonly code = "PYROS_LINK";
}

/** What a bridge to ROS was asked cannot be, or came to nothing: a type that is not known, a message that does not fit its type, a name that is taken, a master or peer that refuses. */
export class RosError extends PyrosError {
  override name = "RosError";
  override readonly code = "PYROS_ROS";
}
