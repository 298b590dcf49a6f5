/**
 * Makes an error without reading the stack, which costs more than all the rest of it: for one that many get at once, or that gets the
 * stack of another.
 *
 * @param make makes it
 */
export function stackless<T extends Error>(make: () => T): T {
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    return make();
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}
