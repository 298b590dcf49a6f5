import { DeclarationError, ValidationError } from "../errors.ts";
import { nearest } from "../graph/names.ts";
import { snapshot } from "../value/copy.ts";
import type { Constraints } from "./constraints.ts";
import type { ParamIndex } from "./edit.ts";
import { childName, childrenOf, ParamBranch, ParamLeaf, parentName } from "./nodes.ts";
import { type Constraint, isSubtree, type ParamRule, show, typeOf } from "./rule.ts";

/** What a node declares of one of its params. */
export interface ParamDeclare {
  /** The value where there is none yet; its type is the only one allowed, unless it is `null`. A plain object declares each leaf in it. */
  readonly default: unknown;
  /** What the param, or each leaf of an object, may be set to. */
  readonly rule?: ParamRule;
  /** Name of the node that declares it. */
  readonly owner: string;
  /** The value from the config: it beats the default, and is beaten by a value that is there already. */
  readonly given?: unknown;
}

/** One step of a declaration that was checked. */
export interface DeclareStep {
  readonly name: string;
  /** Of a leaf; undefined for a subtree. */
  readonly constraint: Constraint | undefined;
  /** What it starts with, where it is not there yet; undefined where it is. */
  readonly initial: unknown;
}

/** Checks a whole declaration against itself and against the tree, and changes nothing. */
export function planDeclaration(index: ParamIndex, constraints: Constraints, name: string, declare: ParamDeclare): readonly DeclareStep[] {
  const { owner, rule = {} } = declare;
  for (let at = parentName(name); name !== "/"; at = parentName(at)) {
    const above = index.get(at);
    if (above instanceof ParamLeaf) throw conflict(above, owner, `with something below it, ${name}`);
    if (above !== undefined) break;
  }
  const plan = new Plan(index, constraints, owner, rule);
  plan.add(name, ownCopy(declare.default, name), ownCopy(declare.given, name));
  return plan.steps;
}

class Plan {
  readonly steps: DeclareStep[] = [];
  readonly #index: ParamIndex;
  readonly #constraints: Constraints;
  readonly #owner: string;
  readonly #rule: ParamRule;

  constructor(index: ParamIndex, constraints: Constraints, owner: string, rule: ParamRule) {
    this.#index = index;
    this.#constraints = constraints;
    this.#owner = owner;
    this.#rule = rule;
  }

  add(name: string, standard: unknown, given: unknown): void {
    if (isSubtree(standard)) this.#subtree(name, standard, given);
    else this.#leaf(name, standard, given);
  }

  #leaf(name: string, standard: unknown, given: unknown): void {
    const type = typeOf(standard);
    if (type === undefined) {
      throw new DeclarationError(
        `${name}: the default of a param cannot be ${show(standard)}; null says that there is none yet`,
        this.#about(name),
      );
    }
    const constraint = this.#constraints.of(this.#rule, type);
    if (typeof constraint === "string") throw new DeclarationError(`${name}: ${constraint}`, this.#about(name));
    const reason = constraint.check(standard);
    if (reason !== undefined) throw new DeclarationError(`${name}: the default breaks its own rule: ${reason}`, this.#about(name));
    const wrong = given === undefined ? undefined : constraint.check(given);
    if (wrong !== undefined) throw invalid(name, `the given value does not fit what ${this.#owner} declares: ${wrong}`);
    const found = this.#index.get(name);
    if (found !== undefined) this.#meets(found, constraint);
    this.steps.push({ name, constraint, initial: found === undefined ? (given ?? standard) : undefined });
  }

  #meets(found: ParamLeaf | ParamBranch, constraint: Constraint): void {
    const { name } = found;
    if (found instanceof ParamBranch) {
      const declared = declaredIn(found);
      if (declared !== undefined) throw conflict(declared, this.#owner, `with ${name} as ${constraint.describe()}`);
      throw invalid(
        name,
        `${this.#owner} declares it as ${constraint.describe()}, but it is a subtree now; delete it, or start with another name`,
      );
    }
    if (found.constraint === undefined) {
      const reason = constraint.check(found.value);
      if (reason !== undefined) {
        throw invalid(
          name,
          `the value that it has does not fit what ${this.#owner} declares: ${reason}; set it to a right one, or delete it`,
        );
      }
    } else if (!found.constraint.equals(constraint)) {
      throw conflict(found, this.#owner, `as ${constraint.describe()}`);
    }
  }

  #subtree(name: string, standard: Record<string, unknown>, given: unknown): void {
    const found = this.#index.get(name);
    if (found instanceof ParamLeaf) {
      if (found.declared > 0) throw conflict(found, this.#owner, "as a subtree");
      throw invalid(name, `${this.#owner} declares it as a subtree, but it has the value ${show(found.value)} now; delete it`);
    }
    if (given !== undefined && !isSubtree(given)) {
      throw invalid(name, `the given value is ${show(given)}, but ${this.#owner} declares a subtree; give an object`);
    }
    const keys = Object.keys(standard);
    this.steps.push({ name, constraint: undefined, initial: found !== undefined ? undefined : keys.length === 0 ? (given ?? {}) : {} });
    for (const key of Object.keys(keys.length === 0 ? {} : (given ?? {}))) {
      if (Object.hasOwn(standard, key)) continue;
      const near = nearest(key, keys);
      throw invalid(
        childName(name, key),
        `${this.#owner} declares no such param${near === undefined ? "" : `; did you mean ${near}?`} There are: ${keys.join(", ")}`,
      );
    }
    for (const key of keys) {
      this.add(childName(name, key), standard[key], given === undefined || !Object.hasOwn(given, key) ? undefined : given[key]);
    }
  }

  #about(name: string): { node: string; name: string } {
    return { node: this.#owner, name };
  }
}

function ownCopy(value: unknown, name: string): unknown {
  return typeof value === "number" || value === undefined ? value : snapshot(value, name);
}

function invalid(name: string, message: string): ValidationError {
  return new ValidationError(`${name}: ${message}`, { name, issues: [{ path: name, message }] });
}

function conflict(found: ParamLeaf | ParamBranch, owner: string, how: string): DeclarationError {
  const { name, owners } = found;
  const as = found instanceof ParamBranch ? "a subtree" : (found.constraint?.describe() ?? `the value ${show(found.value)}`);
  const who = owners.length === 0 ? `${name} is there as ${as}` : `${name} is declared by ${owners.join(", ")} as ${as}`;
  return new DeclarationError(`${who}, and ${owner} declares it ${how}; declare both alike, or use another name`, { node: owner, name });
}

/** The first part of a subtree that somebody declares. */
function declaredIn(branch: ParamBranch): ParamLeaf | ParamBranch | undefined {
  if (branch.owners.length > 0) return branch;
  for (const child of childrenOf(branch)) {
    const found = child instanceof ParamBranch ? declaredIn(child) : child.declared > 0 ? child : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
}
