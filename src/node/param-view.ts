import type { NodeNames } from "../graph/scope.ts";
import type { Params } from "../param/params.ts";
import { freezeDeep } from "../value/freeze.ts";
import type { NodeDefinition } from "./define.ts";
import { isParamDeclaration } from "./declare.ts";
import { own } from "./own-property.ts";

/** A life that reads params. */
interface Reader {
  readonly kernel: { readonly params: Params };
  readonly names: NodeNames;
  /** Has something done when it ends. */
  cleanup(undo: () => void): unknown;
}

const slots = Symbol("values");
type View = { readonly [slots]: unknown[] };
const classes = new WeakMap<object, new (values: unknown[]) => View>();

/**
 * Declares a node's params.
 *
 * @param params the engine's
 * @param names the node's
 * @param declared the declared params, by name
 * @param given values from the config
 * @returns a promise, where the main engine orders them from afar
 * @throws DeclarationError when another node has declared one of them differently, ValidationError when a given value breaks a rule
 */
export function declareParams(
  params: Params,
  names: NodeNames,
  declared: NonNullable<NodeDefinition["params"]>,
  given: Readonly<Record<string, unknown>>,
): Promise<unknown> | undefined {
  const ordered: Promise<void>[] = [];
  for (const key of Object.keys(declared)) {
    const declaration: unknown = declared[key];
    const isRule = isParamDeclaration(declaration);
    const [standard, rule] = isRule ? [declaration.value, declaration.rule] : [declaration, {}];
    const order = params.declare(names.node, names.declared(key), standard, rule, own(given, key));
    if (order !== undefined) ordered.push(order);
  }
  return ordered.length === 0 ? undefined : Promise.all(ordered);
}

/**
 * Opens a view of a node's params that is always up to date.
 *
 * Reading costs two property reads: the view holds the values, frozen, and changes when a write is ordered.
 *
 * @param life the life of the node, which has declared them
 * @param declared the declared params, by name
 * @returns an object with one getter a param
 */
export function openParams(life: Reader, declared: NonNullable<NodeDefinition["params"]>): object {
  const { params } = life.kernel;
  const names = Object.keys(declared);
  const values: unknown[] = [];
  for (const [i, key] of names.entries()) {
    const name = life.names.declared(key);
    values.push(freezeDeep(params.read(name)));
    life.cleanup(params.follow(name, (value) => (values[i] = freezeDeep(value))));
  }
  return Object.freeze(new (viewClass(declared, names))(values));
}

function viewClass(declared: object, names: readonly string[]): new (values: unknown[]) => View {
  let found = classes.get(declared);
  if (found === undefined) {
    found = class ParamView {
      readonly [slots]: unknown[];
      constructor(values: unknown[]) {
        this[slots] = values;
      }
    };
    for (const [i, name] of names.entries()) {
      Object.defineProperty(found.prototype, name, {
        enumerable: true,
        get(this: View) {
          return this[slots][i];
        },
        set() {
          throw new TypeError(`a param is not assigned to: await set(${JSON.stringify(name)}, value)`);
        },
      });
    }
    classes.set(declared, found);
  }
  return found;
}
