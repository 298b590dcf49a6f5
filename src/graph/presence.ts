import { type Component, enter, type Entry, type GraphWorld, leave, mark } from "./world.ts";

/** A node's place in the graph. */
export class Presence {
  /** Whether the graph knows the node in another place: nobody is told then what it does here. */
  elsewhere: boolean;
  readonly #world: GraphWorld;
  readonly #node: Entry;
  #entity: number | undefined;
  /** Marks that it will have. */
  #marks: Set<Component> | undefined;

  /**
   * @param world the engine's world
   * @param node what is known about it
   * @param elsewhere whether it is not in the graph until it {@link appear}s: it is to come from another place
   */
  constructor(world: GraphWorld, node: Entry, elsewhere: boolean) {
    this.#world = world;
    this.#node = node;
    this.elsewhere = elsewhere;
    if (!elsewhere) this.appear();
  }

  /** It is here, and in the graph. */
  appear(): void {
    this.elsewhere = false;
    if (this.#entity !== undefined) return;
    this.#entity = enter(this.#world, "node", this.#node);
    for (const component of this.#marks ?? []) mark(this.#world, this.#entity, component, true);
    this.#marks = undefined;
  }

  /** It leaves the graph. */
  vanish(): void {
    if (this.#entity !== undefined) leave(this.#world, "node", this.#entity);
    this.#entity = undefined;
  }

  /** Gives it a mark, or takes that away. */
  mark(component: Component, on: boolean): void {
    if (this.#entity !== undefined) return mark(this.#world, this.#entity, component, on);
    if (on) (this.#marks ??= new Set()).add(component);
    else this.#marks?.delete(component);
  }
}
