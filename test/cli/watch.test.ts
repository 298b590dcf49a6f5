import { renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { files } from "../config/support.ts";
import { Cli, pyros } from "./support.ts";

const node = (mark: string, more = ""): string =>
  `import { defineNode } from ${pyros};\nimport { word } from "./lib/word.ts";\nexport default defineNode({ ${more} state: () => ({ n: 0 }), update({ state }) { state.n++; console.log(word + "${mark}" + state.n); } });\n`;

describe("pyros run --watch", () => {
  it("swaps a changed node, its state kept; also when what it imports changes; a mistake leaves the old one", async () => {
    const folder = files({
      "pyros.config.yaml": "rate: 100\nnodes:\n  /a: ./node.ts\n  /other: ./other.ts\n",
      "node.ts": node(":"),
      "lib/word.ts": 'export const word: string = "one";\n',
      "other.ts": `import { defineNode } from ${pyros};\nexport default defineNode({ setup() { console.log("other is up"); } });\n`,
    });
    const write = (name: string, text: string): void => writeFileSync(join(folder, name), text);
    const run = new Cli(folder, "run", "--watch");
    await run.says("watching 4 files");
    await run.says("one:20\n");

    write("node.ts", node("="));
    await run.says(/one=\d+\n/);
    const last = Number(/one:(\d+)\n(?!one:)/.exec(run.out)![1]);
    const first = Number(/one=(\d+)\n/.exec(run.out)![1]);
    expect(first).toBe(last + 1);

    write("lib/word.ts", 'export const word: string = "two";\n');
    await run.says(/two=\d+\n/);

    write("lib/word.ts", "export const word: string = ;\n");
    await run.says(/ERR cli: .*node\.ts is not swapped, the old one goes on: /);
    const before = run.out.length;
    await run.says(new RegExp(`^[^]{${before}}[^]*two=\\d+\\n`));

    // As editors do that write a new file and put it in the place of the old one.
    write("new.ts", node("!", 'params: { "bad name": 1 },'));
    renameSync(join(folder, "new.ts"), join(folder, "node.ts"));
    write("lib/word.ts", 'export const word: string = "three";\n');
    await run.says(/ERR cli: .*node\.ts is not swapped, the old one goes on: NodeStartError: /);
    write("node.ts", node("!"));
    await run.says(/three!\d+\n/);
    expect(Number(/three!(\d+)\n/.exec(run.out)![1])).toBeGreaterThan(first);

    write("pyros.config.yaml", "rate: 50\n");
    await run.says("pyros.config.yaml has changed; that needs a new start");
    expect(run.out.match(/other is up/g)).toHaveLength(1);
    run.signal("SIGINT");
    expect(await run.exit).toBe(0);
  });
});
