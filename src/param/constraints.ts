import { Constraint, type ParamRule, type ParamType, ruleProblem } from "./rule.ts";

const most = 1_024;

/** Constraints by what they say, because a thousand nodes of one kind declare the same. */
export class Constraints {
  readonly #known: Map<string, Constraint> = new Map();

  /** The constraint of a rule for a type, or why the rule makes no sense. */
  of(rule: ParamRule, type: ParamType): Constraint | string {
    const key = textOf(rule, type);
    const known = key === undefined ? undefined : this.#known.get(key);
    if (known !== undefined) return known;
    const problem = ruleProblem(rule, type);
    if (problem !== undefined) return problem;
    const { oneOf } = rule;
    const constraint = new Constraint(
      Object.freeze(oneOf === undefined ? { ...rule } : { ...rule, oneOf: Object.freeze([...oneOf]) }),
      type,
    );
    if (this.#known.size >= most) this.#known.clear();
    if (key !== undefined) this.#known.set(key, constraint);
    return constraint;
  }
}

/** A text that differs where anything in the rule does; undefined where it cannot be written. */
function textOf(rule: unknown, type: ParamType): string | undefined {
  try {
    return JSON.stringify(
      [type, rule],
      (_, value: unknown) => (typeof value === "object" ? value : `${typeof value} ${Object.is(value, -0) ? "-0" : String(value)}`),
    );
  } catch {
    return undefined;
  }
}
