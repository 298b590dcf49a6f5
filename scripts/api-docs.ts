/**
 * Writes `docs/api.md` from the docstrings of what `pyros`, `pyros/test` and `pyros/ros` export; `--check` writes nothing and fails
 * where the file is out of date. Either way it fails where something public has no docstring, or names a type that is not
 * exported.
 *
 *     api-docs [--check]
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, relative } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { DocDeclaration, DocLocation, DocMember, DocModule, DocString } from "./docs/model.ts";
import { printMember, printSignature, printType, printTypeParams } from "./docs/types.ts";

const target = "docs/api.md";
const entries = [
  { name: "pyros", file: "src/mod.ts" },
  { name: "pyros/test", file: "src/testing/mod.ts" },
  { name: "pyros/ros", file: "systems/ros/mod.ts" },
];
const kinds = [
  { kind: "function", title: "Functions" },
  { kind: "class", title: "Classes" },
  { kind: "interface", title: "Interfaces" },
  { kind: "typeAlias", title: "Types" },
  { kind: "variable", title: "Values" },
];

function load(): DocModule[] {
  const deno = basename(process.execPath).startsWith("deno") ? process.execPath : "deno";
  const args = ["doc", "--json", "--quiet", ...entries.map(({ file }) => file)];
  const { status, stdout, stderr, error } = spawnSync(deno, args, { encoding: "utf8", maxBuffer: 2 ** 28 });
  if (status !== 0) throw new Error(`deno doc failed: ${error?.message ?? stderr}`);
  const { nodes } = JSON.parse(stdout) as { nodes: Record<string, DocModule> };
  return entries.map(({ file }) => {
    const { module_doc, symbols } = nodes[pathToFileURL(file).href] ?? { symbols: [] };
    return {
      ...(module_doc === undefined ? {} : { module_doc }),
      symbols: symbols.map((symbol) => ({ ...symbol, declarations: overloads(symbol.declarations) })),
    };
  });
}

/** Without what implements overloads: nobody can call it. */
function overloads(declarations: readonly DocDeclaration[]): readonly DocDeclaration[] {
  const signatures = declarations.filter(({ kind, def }) => kind !== "function" || def?.hasBody !== true);
  return signatures.length === 0 ? declarations : signatures;
}

const modules = load();
const declared = new Map(modules.flatMap(({ symbols }) => symbols.map(({ name, declarations }) => [name, declarations])));
const problems: string[] = [];

function place({ filename, line }: DocLocation): string {
  return `${relative(".", fileURLToPath(filename))}:${line + 1}`;
}

function isInternal(doc: DocString | undefined): boolean {
  return doc?.tags?.some(({ kind }) => kind === "internal") === true;
}

/** Whether it only repeats others: what implements overloads, or the setter beside a getter. */
function isRepeated(method: DocMember, all: readonly DocMember[]): boolean {
  const others = all.filter((other) => other !== method && other.name === method.name);
  if (method.kind === "setter") return others.some(({ kind }) => kind === "getter");
  return method.functionDef?.hasBody === true && others.some(({ functionDef }) => functionDef?.hasBody !== true);
}

/** A getter with a setter beside it, as the property that both make. */
function asProperty(method: DocMember, all: readonly DocMember[]): DocMember {
  if (method.kind !== "getter" || !all.some(({ kind, name }) => kind === "setter" && name === method.name)) return method;
  const { functionDef, jsDoc, name } = method;
  return {
    name,
    ...(jsDoc === undefined ? {} : { jsDoc }),
    ...(functionDef?.returnType === undefined ? {} : { tsType: functionDef.returnType }),
  };
}

/** Members that users see: none that are private, or that only give a known name another value. */
function members(declaration: DocDeclaration): { constructors: readonly DocMember[]; others: readonly DocMember[] } {
  const { constructors = [], properties = [], methods = [] } = declaration.def ?? {};
  const seen = (member: DocMember): boolean =>
    member.accessibility !== "private" && !member.name.startsWith("#") && !isInternal(member.jsDoc);
  const told = methods.filter((method) => !isRepeated(method, methods)).map((method) => asProperty(method, methods));
  return { constructors: constructors.filter(seen), others: [...properties, ...told].filter(seen) };
}

/** Names of members that need no docstring of their own: the language's, and those that an interface tells of. */
function toldElsewhere({ def }: DocDeclaration): Set<string> {
  const names = new Set([
    "[Symbol.asyncDispose]",
    "[Symbol.dispose]",
    "[Symbol.asyncIterator]",
    "[Symbol.iterator]",
    "[Symbol.toStringTag]",
  ]);
  for (const { value } of def?.implements ?? []) {
    for (const declaration of declared.get(value?.typeName) ?? []) for (const member of members(declaration).others) names.add(member.name);
  }
  return names;
}

function checkDocs(name: string, declaration: DocDeclaration): void {
  const missing = (doc: DocString | undefined): boolean => (doc?.doc ?? "").trim() === "";
  const told = toldElsewhere(declaration);
  if (missing(declaration.jsDoc)) problems.push(`${place(declaration.location)}: ${name} has no docstring`);
  for (const member of members(declaration).others) {
    if (missing(member.jsDoc) && member.isOverride !== true && !told.has(member.name)) {
      problems.push(`${place(member.location ?? declaration.location)}: ${name}.${member.name} has no docstring`);
    }
  }
}

/** Finds the types of the project that something public names but that nobody can import. */
function checkReferences(name: string, declaration: DocDeclaration): void {
  const walk = (part: unknown): void => {
    if (Array.isArray(part)) part.forEach(walk);
    if (typeof part !== "object" || part === null || Array.isArray(part)) return;
    const { typeName, resolution, accessibility, jsDoc } = part as {
      typeName?: string;
      resolution?: { kind: string; specifier?: string };
      accessibility?: string;
      jsDoc?: DocString;
    };
    if (accessibility === "private" || isInternal(jsDoc)) return;
    const own = resolution?.kind === "local" || (resolution?.kind === "import" && resolution.specifier?.startsWith(".") === true);
    if (typeName !== undefined && own && !declared.has(typeName.split(".")[0] ?? "")) {
      problems.push(`${place(declaration.location)}: ${name} names ${typeName}, which is not exported`);
    }
    Object.values(part).forEach(walk);
  };
  walk(declaration.def);
}

function link(text: string): string {
  return text.replaceAll(
    /\{@link(?:code|plain)?\s+([^}|\s]+)(?:\s*\|\s*([^}]+)|\s+([^}]+))?\}/g,
    (_, name: string, a?: string, b?: string) => `\`${(a ?? b ?? name).trim()}\``,
  );
}

/** One line of text: paragraphs become sentences in a row. */
function inline(doc: DocString | undefined): string {
  return link(doc?.doc ?? "").trim().replaceAll(/\s*\n\s*/g, " ");
}

function renderTags(doc: DocString | undefined): string[] {
  const lines: string[] = [];
  for (const { kind, name, doc: text = "" } of doc?.tags ?? []) {
    const said = link(text).trim();
    const flat = said.replaceAll(/\s*\n\s*/g, " ");
    if (kind === "param") lines.push(`- \`${name ?? ""}\`: ${flat}`);
    if (kind === "return") lines.push(`- returns ${flat}`);
    if (kind === "throws") lines.push(`- throws ${flat}`);
    if (kind === "deprecated") lines.push(`- deprecated: ${flat}`);
    if (kind === "example") lines.push("", said);
  }
  return lines.length === 0 ? [] : ["", ...lines];
}

function declare(name: string, { kind, def }: DocDeclaration): string {
  if (kind === "function") return `function ${name}${printSignature(def ?? {})}`;
  if (kind === "typeAlias") return `type ${name}${printTypeParams(def?.typeParams)} = ${printType(def?.tsType)}`;
  if (kind === "variable") return `const ${name}: ${printType(def?.tsType)}`;
  const parents = Array.isArray(def?.extends) ? def.extends.map(printType).join(", ") : def?.extends;
  const heritage = typeof parents === "string" && parents !== "" ? ` extends ${parents}` : "";
  return `${kind} ${name}${printTypeParams(def?.typeParams)}${heritage}`;
}

function render(name: string, declarations: readonly DocDeclaration[]): string[] {
  const lines = ["", `### ${name}`, "", "```ts", ...declarations.map((declaration) => declare(name, declaration)), "```"];
  for (const declaration of declarations) {
    const { constructors, others } = members(declaration);
    const text = link(declaration.jsDoc?.doc ?? "").trim();
    if (text !== "") lines.push("", text);
    lines.push(...renderTags(declaration.jsDoc));
    const list = [
      ...constructors.map((member) =>
        `- \`new ${name}${printSignature(member, false)}\`${inline(member.jsDoc) === "" ? "" : `: ${inline(member.jsDoc)}`}`
      ),
      ...others.filter((member) => member.isOverride !== true).map((member) =>
        `- \`${printMember(member)}\`${inline(member.jsDoc) === "" ? "" : `: ${inline(member.jsDoc)}`}`
      ),
    ];
    if (list.length > 0) lines.push("", ...list);
  }
  return lines;
}

function renderModule(name: string, { module_doc, symbols }: DocModule): string[] {
  const lines = ["", `## ${name}`];
  const text = link(module_doc?.doc ?? "").trim();
  if (text !== "") lines.push("", text);
  for (const { kind, title } of kinds) {
    const found = symbols.filter(({ declarations }) => declarations[0]?.kind === kind);
    if (found.length === 0) continue;
    lines.push("", `**${title}:** ${found.map((symbol) => `[${symbol.name}](#${symbol.name.toLowerCase()})`).join(", ")}`);
  }
  for (const { kind } of kinds) {
    for (const symbol of symbols) if (symbol.declarations[0]?.kind === kind) lines.push(...render(symbol.name, symbol.declarations));
  }
  return lines;
}

for (const { symbols } of modules) {
  for (const { name, declarations } of symbols) {
    for (const declaration of declarations) {
      if (relative(".", fileURLToPath(declaration.location.filename)).startsWith("node_modules")) continue;
      checkDocs(name, declaration);
      checkReferences(name, declaration);
    }
  }
}

const head = ["# API", "", "Made from the docstrings by `npm run docs:api`; do not edit."];
const text = `${[...head, ...modules.flatMap((module, index) => renderModule(entries[index]?.name ?? "", module))].join("\n")}\n`;
if (!process.argv.includes("--check")) {
  mkdirSync("docs", { recursive: true });
  writeFileSync(target, text);
} else if (!existsSync(target) || readFileSync(target, "utf8") !== text) {
  problems.push(`${target} is out of date: npm run docs:api`);
}

for (const problem of new Set(problems)) console.error(problem);
console.log(`api: ${declared.size} symbols, ${new Set(problems).size} problems`);
process.exitCode = problems.length === 0 ? 0 : 1;
