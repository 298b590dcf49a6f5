/**
 * How the allocator of the C library is told to keep memory that was freed, by its environment variables.
 *
 * By default it gives large blocks back to the system at once and gets them anew, page by page: a new buffer of 1 MB then costs
 * several times what filling it does. Only glibc knows them (mallopt(3)).
 */
const variables: Readonly<Record<string, string>> = {
  MALLOC_MMAP_THRESHOLD_: String(32 * 1024 * 1024), // bytes of a block from which on it comes from the system itself; the most there is
  MALLOC_TRIM_THRESHOLD_: String(64 * 1024 * 1024), // bytes that are kept
};

/** The environment of a process, with a word for its allocator unless there is one. */
export function tuned(env: Readonly<Record<string, string | undefined>>): Record<string, string | undefined> {
  return { ...variables, ...env };
}

/** Takes the word back, once the process runs: it is not for what this one starts. */
export function untune(env: { variable(name: string): string | undefined; unset(name: string): void }): void {
  for (const name of Object.keys(variables)) if (env.variable(name) === variables[name]) env.unset(name);
}
