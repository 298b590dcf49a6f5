import { freezeDeep } from "../value/freeze.ts";
import type { NodeDefinition } from "./define.ts";
import { isParamDeclaration } from "./declare.ts";
import type { Life } from "./life.ts";
import { own } from "./own.ts";

const slots = Symbol("values");
type View = { readonly [slots]: unknown[] };
const classes = new WeakMap<object, new (values: unknown[]) => View>();

/**
 * Declares a node's params and opens a view of them that is always up to date.
 *
 * Reading costs two property reads: the view holds the values, frozen, and changes when a write is ordered.
 *
 * @param life the life of the node
 * @param declared the declared params, by name
 * @param given values from the config
 * @returns an object with one getter a param
 * @throws DeclarationError when another node has declared one of them differently, ValidationError when a given value breaks a rule
 */
export function openParams(life: Life, declared: NonNullable<NodeDefinition["params"]>, given: Readonly<Record<string, unknown>>): object {
  const { params } = life.kernel;
  const names = Object.keys(declared);
  const values: unknown[] = [];
  for (const [i, key] of names.entries()) {
    const declaration: unknown = declared[key];
    const name = life.names.declared(key);
    const isRule = isParamDeclaration(declaration);
    params.declare(life.name, name, isRule ? declaration.value : declaration, isRule ? declaration.rule : {}, own(given, key));
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
