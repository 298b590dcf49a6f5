import { client, defineNode } from "../../src/mod.ts";
import { inFlight, oneByOne } from "../lib/calls.ts";
import type echo from "./echo.ts";

/** Calls `/echo` and measures it, so that the main engine is not in the path. */
const caller = defineNode({
  needs: { echo: client<typeof echo>("/echo") },
  services: {
    calls: (count: number, { needs }) => oneByOne((message) => needs.echo.echo(message), count),
    inFlight: ([count, width]: [number, number], { needs }) => inFlight((message) => needs.echo.echo(message), count, width),
  },
});

export default caller;
