/** Waits for a promise, but not for longer than `ms` of real time; says whether it settled. */
export async function settlesWithin(promise: Promise<unknown>, ms: number): Promise<boolean> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<boolean>((resolve) => (timer = setTimeout(resolve, ms, false)));
  const result = await Promise.race([promise.then(() => true, () => true), late]);
  clearTimeout(timer);
  return result;
}
