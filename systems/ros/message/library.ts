import { readdirSync, readFileSync, statSync } from "node:fs";
import { delimiter, join } from "node:path";
import { RosError } from "../../../src/errors.ts";
import { actionMessage } from "./action.ts";
import { builtIn } from "./built-in.ts";
import { commonDefinitions } from "./common.ts";
import { type Definition, isTypeName, parseDefinition, splitService } from "./definition.ts";
import { ServiceType } from "./service-type.ts";
import { MessageType } from "./type.ts";

const deepest = 5; // folders between a root and a package in it
const mostFolders = 20_000;

/** Where definitions are looked for beside folders of the user's. */
export interface LibraryOptions {
  /** Folders of packages; what they hold counts before anything else. */
  readonly folders?: readonly string[];
  /** Folders of packages of the ROS that is installed; by default those of `ROS_PACKAGE_PATH`, and `/usr/share`. */
  readonly installed?: readonly string[];
}

/** Names of what a package holds, without the package. */
export interface PackageContents {
  readonly messages: readonly string[];
  readonly services: readonly string[];
  /** Each ends with `Action`. */
  readonly actions: readonly string[];
}

/** The types that this machine knows: from folders, from the ROS that is installed, and the common ones from a package of npm. */
export class Library {
  readonly #roots: readonly string[];
  /** The folders of each package, in the order of the roots; made on first use. */
  #packages: Map<string, string[]> | undefined;
  /** The definitions of the package of npm; read on first use. */
  #common: ReadonlyMap<string, string> | undefined;
  readonly #messages: Map<string, MessageType> = new Map();
  readonly #services: Map<string, ServiceType> = new Map();

  constructor({ folders = [], installed = installedRoots() }: LibraryOptions = {}) {
    this.#roots = [...folders, ...installed];
  }

  /**
   * A type of messages.
   *
   * @throws RosError when it is not known, or something that it needs is not
   */
  message(name: string): MessageType {
    return this.#known(this.#messages, name, () => new MessageType(name, (type) => this.definition(type)));
  }

  /**
   * A type of services.
   *
   * @throws RosError when it is not known, or something that it needs is not
   */
  service(name: string): ServiceType {
    return this.#known(this.#services, name, () => {
      const { request, response } = this.serviceParts(name);
      return new ServiceType(name, request, response, (type) => this.definition(type));
    });
  }

  /** What a package holds, by names without the package; those of messages that actions are made of are left out. */
  contents(pack: string): PackageContents {
    const named = (kind: "msg" | "srv" | "action"): string[] => {
      const end = `.${kind}`;
      const files = (this.#folders().get(pack) ?? []).flatMap((folder) => filesIn(join(folder, kind)));
      const own = Object.keys(builtIn).filter((file) => file.startsWith(`${pack}/`)).map((file) => file.slice(pack.length + 1));
      const common = kind === "msg"
        ? [...(this.#common ??= commonDefinitions()).keys()].filter((name) => name.startsWith(`${pack}/`)).map((name) =>
          `${name.slice(pack.length + 1)}${end}`
        )
        : [];
      const bases = [...files, ...own, ...common].filter((file) => file.endsWith(end)).map((file) => file.slice(0, -end.length));
      return [...new Set(bases)].filter((base) => isTypeName(`${pack}/${base}`)).sort();
    };
    const messages = named("msg");
    const made = messages.filter((name) =>
      actionOf(name).endsWith("Action") && ["", "Goal", "Result", "Feedback"].every((part) => messages.includes(`${actionOf(name)}${part}`))
    );
    const actions = [...new Set([...named("action").map((name) => `${name}Action`), ...made.map(actionOf)])].sort();
    const parts = new Set(actions.flatMap((name) => ["", "Goal", "Result", "Feedback"].map((part) => `${name}${part}`)));
    return { messages: messages.filter((name) => !parts.has(name)), services: named("srv"), actions };
  }

  /**
   * The definition of a message.
   *
   * @throws RosError when it is not known
   */
  definition(type: string): Definition {
    return parseDefinition(type, this.#text(type, "msg"));
  }

  /**
   * The two parts of the definition of a service.
   *
   * @throws RosError when it is not known
   */
  serviceParts(name: string): { readonly request: string; readonly response: string } {
    return splitService(this.#text(name, "srv"));
  }

  #known<T>(all: Map<string, T>, name: string, make: () => T): T {
    let type = all.get(name);
    if (type === undefined) all.set(name, type = make());
    return type;
  }

  #text(name: string, kind: "msg" | "srv"): string {
    if (!isTypeName(name)) throw new RosError(`${JSON.stringify(name.slice(0, 80))} is no type; one is written package/Name`, { name });
    const [pack, base] = name.split("/") as [string, string];
    for (const folder of this.#folders().get(pack) ?? []) {
      const text = textOf(join(folder, kind, `${base}.${kind}`));
      if (text !== undefined) return text;
    }
    const action = (base: string): string | undefined => {
      for (const folder of this.#folders().get(pack) ?? []) {
        const found = textOf(join(folder, "action", `${base}.action`));
        if (found !== undefined) return found;
      }
      return undefined;
    };
    const made = kind === "msg" ? actionMessage(base, action) : undefined;
    if (made !== undefined) return made;
    const text = builtIn[`${name}.${kind}`] ?? (kind === "msg" ? (this.#common ??= commonDefinitions()).get(name) : undefined);
    if (text !== undefined) return text;
    throw new RosError(
      `no definition of ${name} was found: looked for ${pack}/${kind}/${base}.${kind} in ${this.#roots.join(", ") || "no folder"}` +
        `; add the folder that holds ${pack} to the param types, or npm install @foxglove/rosmsg-msgs-common for the common ones`,
      { name },
    );
  }

  #folders(): ReadonlyMap<string, readonly string[]> {
    if (this.#packages !== undefined) return this.#packages;
    const packages = (this.#packages = new Map<string, string[]>());
    for (const root of this.#roots) {
      let left = mostFolders;
      const visit = (folder: string, depth: number): void => {
        const names = foldersIn(folder);
        if (["msg", "srv", "action"].some((kind) => names.includes(kind))) {
          const name = folder.slice(folder.lastIndexOf("/") + 1);
          packages.set(name, [...(packages.get(name) ?? []), folder]);
        } else if (depth > 0) { for (const name of names) if (left-- > 0) visit(join(folder, name), depth - 1); }
      };
      visit(root.replace(/\/+$/, ""), root === "/usr/share" ? 1 : deepest);
    }
    return packages;
  }
}

/** The action that a message may be one of: `TestAction` for `TestActionGoal`. */
function actionOf(message: string): string {
  return message.replace(/Action(Goal|Result|Feedback)$/, "Action");
}

function filesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function foldersIn(folder: string): string[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) =>
        !entry.name.startsWith(".") && entry.name !== "node_modules" && (entry.isDirectory() || isFolderLink(folder, entry))
      )
      .map(({ name }) => name);
  } catch {
    return [];
  }
}

function isFolderLink(folder: string, entry: { readonly name: string; isSymbolicLink(): boolean }): boolean {
  return entry.isSymbolicLink() && statSync(join(folder, entry.name), { throwIfNoEntry: false })?.isDirectory() === true;
}

function installedRoots(): string[] {
  const { ROS_PACKAGE_PATH: path = "" } = process.env;
  return [...path.split(delimiter).filter((part) => part !== ""), "/usr/share"];
}

function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return undefined; // another folder may have it
  }
}
