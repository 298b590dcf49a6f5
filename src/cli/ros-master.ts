import { type Arguments, UsageError } from "./verb.ts";

/** `pyros ros master`: runs a master until it is interrupted. */
export async function rosMaster({ words, options }: Arguments): Promise<number> {
  if (words.length > 1) throw new UsageError(`pyros ros master takes nothing more, not ${words.slice(1).join(" ")}`);
  const text = options.get("port")?.[0] ?? "11311";
  const port = Number(text);
  if (!/^\d+$/.test(text) || port > 65_535) {
    throw new UsageError(`--port must be a whole number from 0 to 65535, not ${JSON.stringify(text)}`);
  }
  const host = options.get("host")?.[0] ?? "127.0.0.1";
  const { RosMaster } = await import("../../systems/ros/master/master.ts");
  const master = new RosMaster();
  await master.open(host === "*" ? undefined : host, port);
  console.log(`a master runs: ROS_MASTER_URI=http://${host === "*" ? "localhost" : host}:${master.port}`);
  await new Promise<void>((resolve) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => resolve());
  });
  await master.close();
  return 0;
}
