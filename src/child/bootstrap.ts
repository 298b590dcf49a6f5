import { isMainThread, workerData } from "node:worker_threads";
export async function readBootstrap(): Promise<unknown> {
  if (!isMainThread) return workerData;
  throw new Error("not yet");
}
