/**
 * Checks values in a config against what nodes and systems declare.
 *
 * @module
 */
import { checkRelative } from "../graph/names.ts";
import { isParamDeclaration } from "../node/declare.ts";
import type { NodeDefinition } from "../node/define.ts";
import { checkRule, isSubtree, type ParamRule, ruleProblem, typeOf } from "../param/rule.ts";
import type { Report } from "./problems.ts";
import type { Keys } from "./keys.ts";
import { closest, didYouMean, mustBe } from "./shape.ts";

type Declared = Readonly<Record<string, unknown>>;

/** The declared param `key` as default and rule. */
function declarationOf(declared: Declared, key: string): { readonly value: unknown; readonly rule: ParamRule } {
  const declaration = declared[key];
  return isParamDeclaration(declaration) ? declaration : { value: declaration, rule: {} };
}

/**
 * Checks the value that a config gives to a declared param.
 *
 * @param definition what declares it
 * @param key the param, as the definition names it
 * @param value the given value
 * @param keys where it stands
 */
export function checkGiven(definition: Pick<NodeDefinition, "params">, key: string, value: unknown, keys: Keys, report: Report): void {
  const declared: Declared = definition.params ?? {};
  if (!Object.hasOwn(declared, key)) return report(keys, notDeclared(key, Object.keys(declared)), "key");
  const { value: standard, rule } = declarationOf(declared, key);
  checkValue(standard, rule, value, keys, report);
}

function notDeclared(key: string, known: readonly string[]): string {
  const near = closest(key, known);
  const there = known.length === 0 ? "; it declares none" : near === undefined ? `; it declares ${known.join(", ")}` : didYouMean(near);
  return `the node declares no param ${JSON.stringify(key)}${there}`;
}

function checkValue(standard: unknown, rule: ParamRule, value: unknown, keys: Keys, report: Report): void {
  if (isSubtree(standard)) {
    const known = Object.keys(standard);
    if (!isSubtree(value)) return report(keys, mustBe(`an object with ${known.join(", ")}`, value));
    for (const key of Object.keys(value)) {
      if (Object.hasOwn(standard, key)) checkValue(standard[key], rule, value[key], [...keys, key], report);
      else if (known.length > 0) report([...keys, key], notDeclared(key, known), "key");
    }
    return;
  }
  const type = typeOf(standard);
  // A declaration that is wrong in itself is told when the node starts.
  if (value === undefined || type === undefined || ruleProblem(rule, type) !== undefined) return;
  const problem = checkRule(value, rule, type);
  if (problem !== undefined) report(keys, problem);
}

/**
 * Checks the names that a definition declares and refers to.
 *
 * @param keys where the definition stands
 */
export function checkNames({ params, streams, services, inputs, needs }: NodeDefinition, keys: Keys, report: Report): void {
  const check = (name: string, what: string) => {
    try {
      checkRelative(name, what);
    } catch (error) {
      report(keys, `the definition is wrong: ${(error as Error).message}`);
    }
  };
  for (const [what, parts] of Object.entries({ param: params, stream: streams, service: services })) {
    for (const name of Object.keys(parts ?? {})) check(name, what);
  }
  for (const [what, parts] of Object.entries({ input: inputs, need: needs })) {
    for (const { name } of Object.values<{ name: string }>(parts ?? {})) check(name, what);
  }
}

/** A declared param: its absolute name leads here. */
export interface DeclaredParam<T> {
  readonly owner: T;
  readonly key: string;
}

/**
 * Checks values of the tree of initial params against what is declared under their names.
 *
 * @param name absolute name of the value
 * @param declared what is declared, by absolute name
 */
export function checkLeaf<T extends { readonly definition: Pick<NodeDefinition, "params"> }>(
  name: string,
  value: unknown,
  declared: ReadonlyMap<string, DeclaredParam<T>>,
  keys: Keys,
  report: Report,
): void {
  for (let end = name.length; end > 0; end = name.lastIndexOf("/", end - 1)) {
    const found = declared.get(name.slice(0, end));
    if (found === undefined) continue;
    const below = name.slice(end + 1).split("/").filter((part) => part !== "");
    const given = below.reduceRight<unknown>((inner, part) => ({ [part]: inner }), value);
    return checkGiven(found.owner.definition, found.key, given, keys.slice(0, keys.length - below.length), report);
  }
}
