import { describe, expect, it } from "vitest";
import { files } from "../config/support.ts";
import { Cli, cli, pyros } from "./support.ts";

const name = `cli-${process.pid}`;
const folder = files({
  "lab.yaml": `name: ${name}\nnodes:\n  /echo: ./echo.ts\n`,
  "desk.yaml": "nodes:\n  /asker: ./asker.ts\n",
  "echo.ts":
    `import { defineNode } from ${pyros};\nexport default defineNode({ services: { say: (value) => value }, setup: () => { console.log("echo is there"); } });\n`,
  "asker.ts":
    `import { defineNode } from ${pyros};\nexport default defineNode({ setup: async ({ call }) => { console.log("it says", await call("/echo/say", 42)); } });\n`,
});

describe("pyros run --join", () => {
  it("takes part in the graph of another command line, and says what is wrong without a stack", async () => {
    const main = new Cli(folder, "run", "lab.yaml");
    await main.says("echo is there");
    const guest = await cli(folder, "run", "desk.yaml", "--join", name, "--until", "10");
    expect([guest.code, guest.out]).toEqual([0, "it says 42\n"]);
    expect(await cli(folder, "run", "lab.yaml", "--join", name)).toEqual({
      code: 1,
      out: "",
      err: "error: two nodes have the name /echo; the other one is the graph's own\n",
    });
    const twice = await cli(folder, "run", "lab.yaml");
    expect(twice).toEqual({
      code: 1,
      out: "",
      err: expect.stringMatching(/^error: a graph with the name .* runs already, in process \d+/),
    });
    main.signal("SIGINT");
    expect(await main.exit).toBe(0);
    const { code, err } = await cli(folder, "run", "desk.yaml", "--join", name);
    expect([code, err.split("\n").length]).toEqual([1, 2]);
    expect(err).toMatch(`error: no graph of this user on this machine has the name ${name}`);
  });
});
