import { Worker } from "node:worker_threads";
export function startThread(
  { entry, bootstrap, transfer, title }: {
    entry: URL;
    bootstrap: unknown;
    transfer: any[];
    title: string;
    onLine?: (line: string, stream: "stdout" | "stderr") => void;
  },
): any {
  const tsx = new URL("../../node_modules/tsx/dist/esm/api/index.mjs", import.meta.url).href;
  const code = `import { register } from ${JSON.stringify(tsx)}; register({ tsconfig: false }); await import(${
    JSON.stringify(entry.href)
  });`;
  const worker = "Deno" in globalThis
    ? new Worker(entry, { workerData: bootstrap, transferList: transfer, name: title })
    : new Worker(new URL("data:text/javascript," + encodeURIComponent(code)), {
      workerData: bootstrap,
      transferList: transfer,
      name: title,
    });
  let reason = "";
  worker.on("error", (e) => {
    reason = String(e?.stack ?? e);
  });
  const exited = new Promise((resolve) =>
    worker.on("exit", (code) => resolve({ code, signal: null, reason: reason || `exited with code ${code}` }))
  );
  return {
    exited,
    kill: async () => {
      await worker.terminate();
    },
  };
}
