import { PyrosError, UnknownServiceError } from "../errors.ts";
import type { NodeInstance } from "../node/instance.ts";
import type { Writer } from "../param/params.ts";
import type { Caller } from "../service/caller.ts";
import { snapshot } from "../value/copy.ts";
import { Given } from "../value/give.ts";

/** A call that the node under test has made. While the call is out there is neither `result` nor `error`. */
export interface CallRecord {
  /** Absolute name of the service. */
  readonly service: string;
  /** A copy of what it sent. */
  readonly input: unknown;
  /** What the caller got. */
  result?: unknown;
  /** What the call was rejected with. */
  error?: unknown;
}

/** A param that the node under test has set. Until the write is ordered there is neither `revision` nor `error`. */
export interface SetRecord {
  /** Absolute name of the param. */
  readonly name: string;
  /** A copy of what it wanted to set. */
  readonly value: unknown;
  /** The revision of the write. */
  revision?: number;
  /** Why the write was refused. */
  error?: unknown;
}

/**
 * Listens to what a node calls and sets. What it calls and sets goes its usual way; only the promises are followed.
 *
 * @param node the node, which must not have started yet
 * @param calls where calls are noted, in their order
 * @param sets where writes are noted, in their order
 */
export function tap(node: NodeInstance, calls: CallRecord[], sets: SetRecord[]): void {
  const { services, params } = node.kernel;
  const mine = (who: Caller | Writer): boolean => who.name === node.name;

  const { call } = services;
  services.call = function (caller, route, input, options, parent) {
    // A call that may be tried again makes calls of its own, which are noted.
    if (!mine(caller) || options?.retries) return call.call(services, caller, route, input, options, parent);
    const record: CallRecord = { service: route.name, input: copy(input) };
    calls.push(record);
    return follow(
      call.call(services, caller, route, input, options, parent),
      (result) => (record.result = copy(result)),
      (error) => (record.error = route.providers.length === 0 ? hinted(error, route.name) : error),
    );
  };

  let within = false; // `setOne` may call `set`
  const noted = (who: Writer, entries: readonly (readonly [string, unknown])[], write: () => Promise<number>): Promise<number> => {
    if (within || !mine(who)) return write();
    const records = entries.map(([name, value]): SetRecord => ({ name, value: copy(value) }));
    sets.push(...records);
    within = true;
    try {
      return follow(
        write(),
        (revision) => records.forEach((record) => (record.revision = revision)),
        (error) => {
          for (const record of records) record.error = error;
          return error;
        },
      );
    } finally {
      within = false;
    }
  };
  const { set, setOne } = params;
  params.set = (who, entries, options) => noted(who, entries, () => set.call(params, who, entries, options));
  params.setOne = (who, name, value, options) => noted(who, [[name, value]], () => setOne.call(params, who, name, value, options));
}

/** What the node gets in place of the promise: following the promise itself would hide it when nobody handles its rejection. */
function follow<T>(promise: Promise<T>, resolved: (value: T) => void, rejected: (error: unknown) => unknown): Promise<T> {
  const followed = promise.then(
    (value) => {
      resolved(value);
      return value;
    },
    (error) => {
      throw rejected(error);
    },
  );
  if (!(Symbol.asyncIterator in promise)) return followed;
  const iterate = (): AsyncIterator<unknown> => {
    followed.catch(() => {}); // whoever iterates gets the error from the iterator
    return (promise as unknown as AsyncIterable<unknown>)[Symbol.asyncIterator]();
  };
  return Object.assign(followed, { [Symbol.asyncIterator]: iterate });
}

function hinted(error: unknown, name: string): unknown {
  if (!(error instanceof UnknownServiceError)) return error;
  const hint = `a test can stand in for it: testNode(node, { services: { ${JSON.stringify(name)}: (input) => … } })`;
  return new UnknownServiceError(`${error.message}; ${hint}`, { name, ...(error.node === undefined ? {} : { node: error.node }) });
}

/** What is noted must not change when the node goes on with the value; what cannot be copied is refused by the engine anyway. */
function copy(value: unknown): unknown {
  try {
    return snapshot(value instanceof Given ? value.value : value);
  } catch (error) {
    return error instanceof PyrosError ? undefined : value;
  }
}
