import { plainName } from "../message/definition.ts";
import type { Exposure, Rule } from "./exposure.ts";
import { groups } from "./groups.ts";
import type { MirrorParts } from "./imported-topic.ts";

/** A service of this graph that is to be seen in the ROS graph. */
export interface OwnService {
  readonly name: string;
  readonly rule: Rule;
  readonly type: string;
  /** The nodes that are called. */
  readonly providers: readonly string[];
  /** Whether others provide it too, which are not called: those of the ROS graph. */
  readonly isMixed: boolean;
  /** Whether calls yield progress. */
  readonly generator: boolean;
}

/** Whether a type is that of an action, as ROS writes it in full. */
const isAction = (type: string | undefined): boolean => type?.endsWith("Action") === true;

/**
 * The services that a list exposes, but for those that come from the ROS graph.
 *
 * @param actions whether those are meant that are actions, or those that are not, where the list does not say the type
 */
export function ownServices({ view, origin, warn }: MirrorParts, exposure: Exposure, actions: boolean): OwnService[] {
  const found: OwnService[] = [];
  for (const [name, entries] of groups(view.services)) {
    const rule = exposure.ruleFor(name);
    const own = entries.filter((entry) => entry.origin !== origin);
    if (rule === undefined || own.length === 0) continue;
    const declared = own.find((entry) => entry.type !== undefined)?.type;
    const type = rule.type ?? (declared === undefined ? undefined : plainName(declared));
    if (rule.type === undefined && type !== undefined && isAction(type) !== actions) continue; // the other list is for it
    if (type === undefined) {
      if (actions && !rule.glob.isName) continue; // few services are actions
      warn(
        `the service ${name} is exported by ${rule.glob.text}, and nothing says its ROS type: give type in the serviceOptions of its ` +
          "definition, or in this list",
      );
      continue;
    }
    const providers = own.map(({ owner }) => owner);
    found.push({ name, rule, type, providers, isMixed: own.length < entries.length, generator: own[0]!.generator });
  }
  return found;
}

/** Calls those providers of a service that are of this graph, by turns. */
export function nodeChooser({ providers, isMixed }: OwnService): () => { node?: string } {
  let turn = 0;
  return () => (isMixed ? { node: providers[turn++ % providers.length]! } : {});
}
