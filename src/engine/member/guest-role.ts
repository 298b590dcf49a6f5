import { LinkError, StateError } from "../../errors.ts";
import type { GraphNode } from "../../node/graph-node.ts";
import type { Writer } from "../../param/params.ts";
import { stepsOf } from "../../param/steps.ts";
import { kinds } from "../../peer/messages.ts";
import { verbs } from "../../peer/uplink.ts";
import type { Core } from "../core/core.ts";
import type { NodeRunner } from "./node-runner.ts";
import { Declarations, GuestUplink, NoUplink } from "./guest-uplink.ts";
import { askToJoin, type Entry } from "./ask-to-join.ts";
import { type Duties, Membership } from "./membership.ts";
import type { Nodes } from "../core/nodes.ts";
import type { EnginePlan, PlannedNode, PlannedSystem } from "../core/plan.ts";
import type { NodeReport } from "../wire/node-report.ts";

const self = { name: "/" };
const firstDelay = 100; // ms before it tries to join again; doubles each time
const longestDelay = 5000;

/** An engine that was started by somebody else than the main engine, in whose graph it takes part: it decides about its own nodes. */
export class GuestRole implements Duties {
  readonly kind = "guest";
  readonly #core: Core;
  readonly #engine: NodeRunner;
  readonly #nodes: Nodes;
  readonly #declarations: Declarations = new Declarations();
  #entry: Entry;
  #membership: Membership | undefined;
  /** Ends the wait before it tries to join again. */
  #hurry: () => void = () => {};
  #again: Promise<void> | undefined;
  #closing = false;

  constructor(core: Core, engine: NodeRunner, nodes: Nodes, entry: Entry) {
    this.#core = core;
    this.#engine = engine;
    this.#nodes = nodes;
    this.#entry = entry;
  }

  /**
   * Takes part from now on: has the graph keep the names of what is to run here, and sets what the config gives and is not there.
   *
   * @param writer in whose name
   */
  async join({ systems, nodes, params, overrides }: EnginePlan, writer: Writer): Promise<void> {
    this.#begin(this.#entry);
    await this.settle();
    await Promise.all([...systems, ...nodes].map((planned) => this.#reserve(nameOf(planned), planned.definition.description)));
    const steps = [...stepsOf(params).filter(({ name }) => !this.#core.params.tree.has(name)), ...stepsOf(overrides)];
    if (steps.length > 0) await this.#core.params.set(writer, steps.map((step) => [step.name, (step as { value: unknown }).value]));
  }

  /**
   * Enters a node here, when the graph keeps its name.
   *
   * @throws DeclarationError when another node of the graph has it; or what `enter` throws
   */
  async enter(name: string, description: string | undefined, enter: () => GraphNode): Promise<GraphNode> {
    const known = this.#nodes.find(name) !== undefined;
    if (!known) await this.#reserve(name, description);
    try {
      return enter();
    } catch (error) {
      if (!known) this.#membership?.main.post([kinds.tell, "node", name, { type: "removed", status: "stopped", lives: 0 }]);
      throw error;
    }
  }

  /** Resolves when the main engine has heard all that was said before, and this engine what came of it. */
  async settle(): Promise<void> {
    await this.#main.ask(self, "flushed", []);
  }

  /** Resolves when what was said to other engines before has been delivered there. */
  async flush(): Promise<void> {
    await this.#membership?.hub.flush();
  }

  /** Leaves the graph. */
  async close(): Promise<void> {
    this.#closing = true;
    this.#hurry();
    await this.#again;
    this.#membership?.main.post([kinds.tell, "leave"]);
    await this.#membership?.leave(new StateError("the engine has closed"), false);
  }

  async answer(verb: string, [name]: readonly unknown[]): Promise<void> {
    if (verb === "start") return this.#engine.startNode(name as string);
    if (verb === "stop" || verb === "remove") {
      await (verb === "stop" ? this.#engine.stopNode(name as string) : this.#engine.remove(name as string));
      return this.#membership?.hub.own.settled(); // so that nothing of it is to be seen after the answer
    }
    throw new StateError(`an engine that has joined knows nothing of ${verb}`);
  }

  told(): void {
    // the main engine tells it nothing more
  }

  report(node: string): Pick<NodeReport, "status" | "lives"> | undefined {
    return this.#nodes.find(node);
  }

  orphaned(reason: Error | undefined): void {
    const { graph } = this.#entry.to;
    const why = `the graph ${graph} is gone${reason === undefined ? "" : `: ${reason.message}`}`;
    const left = this.#membership?.leave(new LinkError(why), true);
    this.#membership = undefined;
    this.#core.params.elsewhere = new NoUplink(
      this.#declarations,
      () => new StateError(`${why}: no param can be written until it is joined again`),
    );
    this.#core.logger("/").error("{why}; trying to join again", { why });
    this.#again = this.#joinAgain(left);
  }

  get #main() {
    if (this.#membership === undefined) throw new StateError(`the graph ${this.#entry.to.graph} is gone, and not joined again yet`);
    return this.#membership.main;
  }

  /** Has the graph keep a name for a node of this engine. */
  async #reserve(name: string, description: string | undefined): Promise<void> {
    await this.#main.ask(self, verbs.reserve, description === undefined ? [name] : [name, description]);
  }

  /** Takes part in a graph that has let this engine in. */
  #begin(entry: Entry): void {
    this.#entry = entry;
    const { you: engine, graph, secret } = entry.greeted.hello;
    this.#core.graph = graph;
    const membership = (this.#membership = new Membership(this.#core, { graph, engine, secret }, this, entry.links));
    const { main } = membership;
    for (const { name, definition } of this.#nodes.all()) {
      // Of a node that was here before this engine has joined again.
      this.#reserve(name, definition.description).then(() => this.#tellAgain(name), (error: Error) => this.#taken(name, error));
    }
    const refused = (error: unknown): void => {
      if (this.#membership === membership) this.#core.logger("/").error("the main engine refused: {error}", { error });
    };
    membership.open(new GuestUplink(this.#core.dispatcher, main, this.#declarations, refused));
    membership.attach(entry.greeted);
  }

  #tellAgain(name: string): void {
    const node = this.#nodes.find(name);
    if (node === undefined) return;
    const { status, lives } = node;
    this.#membership?.main.post([kinds.tell, "node", name, { type: status === "running" ? "started" : "stopped", status, lives }]);
  }

  #taken(name: string, error: Error): void {
    if (this.#membership === undefined) return;
    this.#core.logger("/").error("{name} is stopped: {error}", { name, error });
    void this.#engine.stopNode(name).catch(() => {});
  }

  async #joinAgain(left: Promise<void> | undefined): Promise<void> {
    const { to, wire, instance } = this.#entry;
    await left;
    let told = "";
    for (let delay = firstDelay; !this.#closing; delay = Math.min(delay * 2, longestDelay)) {
      await this.#pause(delay);
      if (this.#closing) return;
      try {
        const entry = await askToJoin(to, wire, instance);
        this.#begin(entry);
        return this.#core.logger("/").info("joined the graph {graph} again", { graph: to.graph });
      } catch (error) {
        const { message } = error as Error;
        if (message !== told) {
          this.#core.logger("/").warn("the graph {graph} cannot be joined yet: {message}", { graph: to.graph, message });
        }
        told = message;
      }
    }
  }

  #pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      this.#hurry = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

function nameOf(planned: PlannedNode | PlannedSystem): string {
  return planned.scope.absolute("name" in planned ? planned.name : `/${planned.definition.name}`);
}
