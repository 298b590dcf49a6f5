import { RosError } from "../../../src/errors.ts";
import { nearest } from "../../../src/graph/names.ts";
import { isTypeName, plainName } from "../message/definition.ts";
import { Glob } from "./glob.ts";

/** How what a rule exposes is to be mirrored. */
export interface Treatment {
  /** The ROS type; as the other side says by default. */
  readonly type?: string;
  /** The name on the other side; the same by default. In a list also that of a subtree, `/left/**`, where `match` is one. */
  readonly as?: string;
  /** Items that may wait for a slow reader. */
  readonly depth?: number;
  /** Whether whoever reads later gets the last item; as the other side says by default. */
  readonly latched?: boolean;
  /** Hz. */
  readonly maxRate?: number;
  /** Of what is imported: whether publishers are to send each message by itself at once, which is slower where many come. */
  readonly noDelay?: boolean;
  /** Of a service or action that is exported: ms that it has to answer. */
  readonly timeout?: number;
  /** Of an action that is exported: whether a new goal cancels those before it. */
  readonly preempt?: boolean;
}

/** What can be exposed. */
export type Exposed = "streams" | "services" | "params" | "actions";
export const exposed: readonly Exposed[] = ["streams", "services", "params", "actions"];
export type Direction = "import" | "export";

/** One entry of a list of what is exposed. */
export interface Rule extends Treatment {
  readonly glob: Glob;
  /** The same for rules that treat what they match in the same way. */
  readonly key: string;
}

/** The end of a glob for all that stands below a name. */
const subtree = "/**";

/** The words of ROS that mean one of ours. */
const rosWords: Readonly<Record<string, string | undefined>> = { queue_size: "depth", latch: "latched", tcp_nodelay: "noDelay" };
const words: Readonly<Record<Exposed, readonly string[]>> = {
  streams: ["match", "type", "as", "depth", "latched", "maxRate", "noDelay"],
  services: ["match", "type", "as", "timeout"],
  params: ["match", "as"],
  actions: ["match", "type", "as", "timeout", "preempt"],
};

/** Lists of what is exposed, in one direction: rules in their order, the first one that fits counts; `!` in front excludes. */
export class Exposure {
  readonly rules: readonly Rule[];
  readonly #excluded: readonly Glob[];

  /**
   * @param list globs, or objects with `match` and how to treat it
   * @param direction of the list, which is the param `direction.kind`
   * @throws RosError that names the entry, and what is wrong with it
   */
  constructor(list: unknown, direction: Direction, kind: Exposed) {
    const where = `${direction}.${kind}`;
    if (!Array.isArray(list)) throw new RosError(`${where} must be a list of globs`, { name: where });
    const rules: Rule[] = [];
    const excluded: Glob[] = [];
    list.forEach((entry: unknown, i) => {
      try {
        if (typeof entry === "string" && entry.startsWith("!")) excluded.push(new Glob(entry.slice(1)));
        else rules.push(ruleOf(entry, words[kind]));
      } catch (error) {
        throw new RosError(`${where}[${i}]: ${(error as Error).message}`, { name: where });
      }
    });
    this.rules = rules;
    this.#excluded = excluded;
  }

  /** The rule that exposes a name, with the name that this one has on the other side; undefined where none does. */
  ruleFor(name: string): Rule | undefined {
    if (this.#excluded.some((glob) => glob.matches(name))) return undefined;
    const rule = this.rules.find(({ glob }) => glob.matches(name));
    if (rule?.as?.endsWith(subtree) !== true) return rule;
    const { base } = rule.glob;
    return { ...rule, as: rule.as.slice(0, -subtree.length) + (base === "/" ? name : name.slice(base.length)) };
  }

  /** The smallest subtrees in which all stands that is exposed; none of them is in another one. */
  get bases(): readonly string[] {
    const all = [...new Set(this.rules.map(({ glob }) => glob.base))];
    return all.filter((base) => !all.some((other) => other !== base && isBelow(base, other)));
  }

  /** The rules that fit none of these names. */
  unused(names: readonly string[]): readonly Rule[] {
    return this.rules.filter(({ glob }) => !names.some((name) => glob.matches(name)));
  }
}

function ruleOf(entry: unknown, known: readonly string[]): Rule {
  if (typeof entry === "string") return { glob: new Glob(entry), key: "{}" };
  if (typeof entry !== "object" || entry === null || Array.isArray(entry)) throw new RosError("it must be a glob, or an object with match");
  const given: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(entry)) {
    const word = Object.hasOwn(rosWords, key) ? rosWords[key]! : key;
    if (!known.includes(word)) {
      const near = nearest(key, known);
      throw new RosError(
        `there is no key ${JSON.stringify(key)} here${near === undefined ? `; there are ${known.join(", ")}` : `; did you mean ${near}?`}`,
      );
    }
    given[word] = value;
  }
  const { match, type: written, as, depth, latched, maxRate, noDelay, timeout, preempt } = given;
  const type = typeof written === "string" ? plainName(written) : written;
  const glob = new Glob(match as string);
  const check = (right: boolean, key: string, what: string, value: unknown): void => {
    if (value !== undefined && !right) throw new RosError(`${key} must be ${what}, not ${JSON.stringify(value)}`);
  };
  check(typeof type === "string" && isTypeName(type), "type", "a type such as geometry_msgs/Pose", type);
  const isLike = (other: Glob): boolean => glob.isName ? other.isName : isSubtree(glob) && isSubtree(other);
  check(typeof as === "string" && as !== "" && isLike(new Glob(as)), "as", "a name where match is one, /name/** where match is such", as);
  check(Number.isInteger(depth) && (depth as number) >= 1, "depth", "a whole number from 1", depth);
  check(typeof latched === "boolean", "latched", "true or false", latched);
  check(typeof noDelay === "boolean", "noDelay", "true or false", noDelay);
  check(typeof maxRate === "number" && maxRate > 0, "maxRate", "a number above 0, in Hz", maxRate);
  check(typeof timeout === "number" && timeout > 0, "timeout", "a number above 0, in ms", timeout);
  check(typeof preempt === "boolean", "preempt", "true or false", preempt);
  const treatment = Object.fromEntries(
    Object.entries({ type, as, depth, latched, maxRate, noDelay, timeout, preempt }).filter(([, value]) => value !== undefined),
  );
  return { glob, key: JSON.stringify(treatment), ...treatment };
}

/** Whether a glob means all that stands below a name. */
const isSubtree = (glob: Glob): boolean => glob.text === (glob.base === "/" ? subtree : glob.base + subtree);

/** Whether a name stands in a subtree. */
export function isBelow(name: string, base: string): boolean {
  return base === "/" || name.startsWith(`${base}/`);
}
