import { UsageError, type Verb } from "./verb.ts";

/** `pyros ros master`: what a ROS graph needs where no ROS is installed. */
export const ros: Verb = {
  name: "ros",
  about: "Run a master of a ROS 1 graph, for tests and small set-ups.",
  words: ["master"],
  options: {
    port: { value: "N", about: "Its port; 11311 by default, 0 for any." },
    host: { value: "ADDRESS", about: "The interface to listen at: 127.0.0.1 by default, * for all." },
  },
  async run({ words: [what], options }) {
    if (what !== "master") throw new UsageError(`pyros ros has no command ${JSON.stringify(what)}; there is master`);
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
  },
};
