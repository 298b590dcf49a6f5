/** Where inside a value something stands, as errors write it: `$.path[3].next`. */

/** A step into a Map or a Set, such as `<key 2>`, `<value 2>` or `<2>`; an empty one stays where it is. */
export class Mark {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/** A property key, an index, or a {@link Mark}. */
export type Step = string | number | symbol | Mark;

const IDENTIFIER = /^[A-Za-z_$][\w$]*$/;
/** Keys longer than this are cut in paths, so that a message stays readable. */
const LONGEST_KEY = 80;

/** The first `depth` of `steps` as a path; `$` is the value itself. */
export function pathOf(steps: readonly Step[], depth: number = steps.length): string {
  let path = "$";
  for (let i = 0; i < depth; i++) path += stepText(steps[i]);
  return path;
}

function stepText(step: Step): string {
  if (typeof step === "number") return `[${step}]`;
  if (typeof step === "symbol") return `[${String(step)}]`;
  if (typeof step !== "string") return step.text === "" ? "" : `<${step.text}>`;
  if (step !== "__proto__" && step.length <= LONGEST_KEY && IDENTIFIER.test(step)) return `.${step}`;
  return `[${JSON.stringify(step.length <= LONGEST_KEY ? step : `${step.slice(0, LONGEST_KEY)}…`)}]`;
}
