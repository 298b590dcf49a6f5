/** Whether it can be waited for. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === "object" && value !== null && typeof (value as PromiseLike<unknown>).then === "function";
}

const generators = new Set(["GeneratorFunction", "AsyncGeneratorFunction"]);

/** Whether a handler yields progress. */
export function isGenerator(handler: { readonly constructor: { readonly name: string } }): boolean {
  return generators.has(handler.constructor.name);
}
