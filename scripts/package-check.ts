/**
 * Checks the package as a user gets it: packed, linted, installed into empty projects, typed and run on Node 20 and 24, and on Deno.
 *
 * Needs a build in `dist` and the npm registry.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
  readonly imports: Readonly<Record<string, string>>;
}
const manifest = JSON.parse(readFileSync("package.json", "utf8")) as Manifest;
const denoManifest = JSON.parse(readFileSync("deno.json", "utf8")) as Manifest;
const bins = resolve("node_modules/.bin");
const work = mkdtempSync(join(tmpdir(), "pyros-package-"));

let passed = 0;
let failed = 0;
function check(what: string, action: () => void): void {
  try {
    action();
    passed += 1;
    console.log(`ok ${what}`);
  } catch (error) {
    failed += 1;
    console.error(`FAIL ${what}\n${(error instanceof Error ? error.message : String(error)).replace(/^/gm, "  ")}`);
  }
}

/** Runs a command to its end; its standard output, or an error with all that it printed. */
function run(command: string, args: readonly string[], cwd: string = "."): string {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd, encoding: "utf8", timeout: 180_000 });
  if (status !== 0) throw new Error(`${command} ${args.join(" ")}: ${error?.message ?? `exit code ${String(status)}`}\n${stdout}${stderr}`);
  return stdout;
}

function assertSame(what: string, found: unknown, expected: unknown): void {
  if (JSON.stringify(found) !== JSON.stringify(expected)) {
    throw new Error(`${what}: found ${JSON.stringify(found)}, expected ${JSON.stringify(expected)}`);
  }
}

/** A user's first node: it must run as it stands on every runtime, and its types must hold. */
const firstNode = `
import { createEngine, defineNode, param, stream } from "pyros";

const greeter = defineNode({
  params: { greeting: param("hello") },
  streams: { greeted: stream<string>() },
  services: {
    greet(who: string, { params, streams }) {
      streams.greeted.emit(who);
      return \`\${params.greeting} \${who}\`;
    },
  },
});

const engine = await createEngine({ nodes: { "/greeter": { use: greeter } } });
const reply: string = await engine.client<typeof greeter>("/greeter").greet("you");
if (reply !== "hello you") throw new Error(\`got \${reply}\`);
await engine.close();
`;

const counterNode = `
import { defineNode, stream } from "pyros";

declare const process: { pid: number };
export default defineNode({
  streams: { counted: stream<number>({ latched: true }) },
  services: { count: (n: number, { streams }) => (streams.counted.emit(n + 1), [n + 1, process.pid]) },
});
`;

/** In a thread or process, the package has to find what these run, and be the same package there as the node's own. */
const placedNode = `
import { createEngine } from "pyros";

declare const process: { pid: number };
const ending = import.meta.url.slice(import.meta.url.lastIndexOf("."));
for (const placement of ["thread", "process"] as const) {
  const engine = await createEngine({ placement, nodes: { "/counter": new URL("./counter" + ending, import.meta.url).href } });
  const [reply, pid] = await engine.call<[number, number]>("/counter/count", 1);
  if (reply !== 2 || (pid === process.pid) !== (placement === "thread")) throw new Error(\`\${placement}: \${reply}, \${pid}\`);
  await engine.close();
}
`;

const testImport = `import * as testing from "pyros/test";\nif (Object.keys(testing).length === 0) throw new Error("empty");\n`;

/** What a TypeScript user may well set: strict, and the declarations of packages checked too. */
const tsconfig = {
  compilerOptions: {
    target: "es2023",
    lib: ["es2023", "esnext.disposable", "dom", "dom.asynciterable"],
    module: "nodenext",
    strict: true,
    skipLibCheck: false,
    exactOptionalPropertyTypes: true,
    types: [],
    outDir: "out",
  },
  include: ["*.ts"],
};

/** Lays an empty project and installs the packed package. */
function project(name: string, tarball: string): string {
  const folder = join(work, name);
  mkdirSync(folder);
  writeFileSync(join(folder, "package.json"), JSON.stringify({ name, private: true, type: "module" }));
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify(tsconfig));
  writeFileSync(join(folder, "first.ts"), firstNode);
  writeFileSync(join(folder, "testing.ts"), testImport);
  writeFileSync(join(folder, "counter.ts"), counterNode);
  writeFileSync(join(folder, "placed.ts"), placedNode);
  run("npm", ["install", "--no-audit", "--no-fund", tarball], folder);
  return folder;
}

function installed(folder: string): string[] {
  const lock = JSON.parse(readFileSync(join(folder, "package-lock.json"), "utf8")) as {
    packages: Record<string, { optional?: boolean; peer?: boolean }>;
  };
  return Object.keys(lock.packages).filter((path) => path !== "").map((path) => path.replace(/^.*node_modules\//, "")).sort();
}

try {
  check("package.json and deno.json agree", () => {
    assertSame("version", denoManifest.version, manifest.version);
    for (const [name, target] of Object.entries(denoManifest.imports)) {
      if (!target.startsWith("npm:")) continue;
      const folder = name.endsWith("/"); // of the modules of a package
      const own = folder ? name.slice(0, -1) : name;
      if (own === "cbor-extract") continue; // pinned for the sake of Deno
      const range = manifest.dependencies[own] ?? manifest.devDependencies[own] ?? "absent from package.json";
      assertSame(name, target, folder ? `npm:/${own}@${range}/` : `npm:${own}@${range}`);
    }
    for (const name of Object.keys(manifest.dependencies)) {
      if (denoManifest.imports[name] === undefined) throw new Error(`${name} is absent from deno.json`);
    }
  });
  check("publint", () => run(join(bins, "publint"), ["run", ".", "--strict"]));

  run("npm", ["pack", "--ignore-scripts", "--pack-destination", work]);
  const tarball = join(work, readdirSync(work).find((name) => name.endsWith(".tgz")) ?? "");
  check("are the types wrong", () => run(join(bins, "attw"), [tarball, "--profile", "esm-only"]));

  const on20 = project("on-this-node", tarball);
  check("no package is installed that the engine does not need", () => {
    const found = installed(on20);
    console.log(`   installed: ${found.join(", ")}`);
    assertSame("packages", found, [manifest.name, ...Object.keys(manifest.dependencies)].sort());
  });
  check("types resolve", () => run(join(bins, "tsc"), ["-p", on20]));
  for (const file of ["first", "testing", "placed"]) {
    check(`${file} on Node ${process.version}`, () => run("node", [join(on20, "out", `${file}.js`)], on20));
  }
  check("a program that was bundled runs", () => {
    run(join(bins, "rolldown"), ["out/first.js", "--dir", "bundled", "--platform", "node", "--format", "esm"], on20);
    rmSync(join(on20, "node_modules/pyros"), { recursive: true });
    run("node", ["bundled/first.js"], on20);
    run("npm", ["install", "--no-audit", "--no-fund", tarball], on20);
  });
  check("the command-line tool answers", () => run(join(on20, "node_modules/.bin/pyros"), ["--help"], on20));

  check("what needs a package that is not installed says which", () => {
    const told = {
      "codec: msgpack": /needs a package.*npm install @msgpack\/msgpack/,
      "link: zeromq": /needs a package.*npm install zeromq/,
    };
    for (const [line, pattern] of Object.entries(told)) {
      writeFileSync(join(on20, "wire.yaml"), `${line}\n`);
      const { status, stderr } = spawnSync(join(on20, "node_modules/.bin/pyros"), ["validate", "wire.yaml"], {
        cwd: on20,
        encoding: "utf8",
      });
      if (status !== 2 || !pattern.test(stderr)) throw new Error(`${line}: exit code ${String(status)}\n${stderr}`);
    }
  });

  const on24 = project("on-node-24", tarball);
  run("npm", ["install", "--no-audit", "--no-fund", "node@24"], on24);
  const node24 = join(on24, "node_modules/.bin/node");
  // It runs TypeScript as it stands, so no build comes before.
  for (const file of ["first", "testing", "placed"]) {
    check(`${file} on Node ${run(node24, ["--version"]).trim()}`, () => run(node24, [`${file}.ts`], on24));
  }
  for (const file of ["first", "testing", "placed"]) {
    check(`${file} on Deno`, () => run(join(bins, "deno"), ["run", "-A", `${file}.ts`], on24));
  }
} finally {
  rmSync(work, { recursive: true, force: true });
}

console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;
