import { isMainThread } from "node:worker_threads";
import { isTypeScript, runsTypeScript } from "../host/entry.ts";

/** This runtime does not run TypeScript by itself, and there is no loader for it. */
export class LoaderMissing extends Error {}

interface Resolved {
  readonly url: string;
  readonly format?: string | null;
}
type Resolve = (specifier: string, context: { readonly parentURL?: string }) => Resolved;

let loads = 0;

/** The runtime keeps modules as well, but asks its loaders each time, which is slow where many nodes are made from one module. */
const imported: Map<string, Promise<Readonly<Record<string, unknown>>>> = new Map();

/**
 * Imports a module of the user.
 *
 * @param file a `file:` URL
 * @param fresh whether to load it anew, with every file that it imports by a relative path
 * @throws LoaderMissing when it is TypeScript, which this runtime cannot load
 */
export async function importModule(file: URL, fresh = false): Promise<Readonly<Record<string, unknown>>> {
  if (isTypeScript(file)) await (typescript ??= prepareTypeScript());
  if (fresh) {
    hookResolve();
    return import(/* @vite-ignore */ `${file.href}?pyros=${++loads}`);
  }
  let loaded = imported.get(file.href);
  if (loaded === undefined) {
    loaded = import(/* @vite-ignore */ file.href) as Promise<Readonly<Record<string, unknown>>>;
    imported.set(file.href, loaded);
    loaded.catch(() => imported.delete(file.href));
  }
  return loaded;
}

let typescript: Promise<void> | undefined;

async function prepareTypeScript(): Promise<void> {
  if (runsTypeScript) return;
  // Threads do not get tsx from the main one. Where they run this module as TypeScript, their host has registered it.
  const isSource = import.meta.url.endsWith(".ts");
  const flags = `${process.execArgv.join(" ")} ${process.env.NODE_OPTIONS}`;
  if (isMainThread ? flags.includes("tsx") : isSource) return hookResolve();
  if (isSource) return; // inside a test runner, which translates by itself
  let register: (options: { tsconfig: false }) => unknown;
  try {
    ({ register } = await import("tsx/esm/api"));
  } catch (error) {
    throw new LoaderMissing(
      `is TypeScript, which Node ${process.versions.node} does not run by itself: npm install tsx, or use Node 22.18 or later, or Deno`,
      { cause: error },
    );
  }
  // Without the aliases of a tsconfig, as the runtimes that run TypeScript by themselves do it.
  register({ tsconfig: false });
  hookResolve();
}

let hooked = false;

/** Has what a fresh module imports loaded freshly too, and takes every `.ts` file for an ES module, as Deno does. */
function hookResolve(): void {
  if (hooked) return;
  hooked = true;
  const { registerHooks, register } = process.getBuiltinModule("node:module") as {
    registerHooks?: (hooks: object) => unknown;
    register: (url: string) => unknown;
  };
  if (registerHooks === undefined) {
    register(
      `data:text/javascript,${
        encodeURIComponent(`${follow}\nexport const resolve = async (s, c, next) => follow(s, c, await next(s, c));`)
      }`,
    );
  } else {registerHooks({
      resolve: (specifier: string, context: { parentURL?: string }, next: Resolve) => follow(specifier, context, next(specifier, context)),
    });}
}

/** It stands by itself, because it may run in the thread of the hooks, as text. */
function follow(specifier: string, context: { readonly parentURL?: string }, resolved: Resolved): Resolved {
  const fresh = /[?&]pyros=\d+/.exec(context.parentURL ?? "");
  const format = resolved.format === "commonjs" && /\.ts(\?|$)/.test(resolved.url) ? { format: "module" } : {};
  if (fresh === null || !/^\.\.?\//.test(specifier)) return { ...resolved, ...format };
  return { ...resolved, ...format, url: `${resolved.url}${resolved.url.includes("?") ? "&" : "?"}${fresh[0].slice(1)}` };
}
