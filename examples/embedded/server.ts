/** The program: it owns the port and the signals. The engine inside installs no handlers of its own. */
import process from "node:process";
import { start } from "./app.ts";

const app = await start(Number(process.env.PORT ?? 8080));
console.log(`listening on ${app.url}`);

const stop = async () => {
  await app.close();
  console.log("closed");
};
process.once("SIGINT", stop);
process.once("SIGTERM", stop);
