/**
 * The same code compiled anew, so that it learns from one contestant only: closures of one function share what the compiler
 * knows about it, and a loop that has called everybody's `emit` inlines nobody's.
 *
 * @param code a function that uses nothing but its parameters and globals
 */
export function fresh<F extends (...args: never[]) => unknown>(code: F): F {
  return new Function(`"use strict"; return (${code});`)() as F;
}
