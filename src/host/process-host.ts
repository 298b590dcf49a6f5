export function startProcess(_: any): any {
  throw new Error("not yet");
}
