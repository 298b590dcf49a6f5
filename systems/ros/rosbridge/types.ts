import { RosError } from "../../../src/errors.ts";
import { type Definition, parseDefinition, plainName, splitDefinitions } from "../message/definition.ts";
import { layOut } from "../message/layout.ts";
import type { Library } from "../message/library.ts";
import { type Definitions, fromText, fromTypedefs, fullName } from "./definition.ts";
import type { Rosapi } from "./rosapi.ts";
import { WireType } from "./wire-type.ts";

/** A type of services. */
export interface WireService {
  readonly name: string;
  readonly request: WireType;
  readonly response: WireType;
}

/** The types of the graph behind a server: as the server defines them, or where it does not say, as this machine does. */
export class Types {
  readonly #rosapi: Rosapi;
  readonly #library: Library;
  readonly #messages: Map<string, Promise<WireType>> = new Map();
  readonly #services: Map<string, Promise<WireService>> = new Map();

  constructor(rosapi: Rosapi, library: Library) {
    this.#rosapi = rosapi;
    this.#library = library;
  }

  /**
   * A type of messages.
   *
   * @param name `package/Name`
   * @throws RosError when neither the server nor this machine knows it, NodeLostError when the server has gone
   */
  message(name: string): Promise<WireType> {
    return known(this.#messages, name, async () => {
      const { version } = this.#rosapi;
      try {
        const { typedefs } = await this.#rosapi.call("message_details", { type: fullName(name, "msg", version) });
        return this.#made(name, fromTypedefs(typedefs, version));
      } catch (error) {
        return (await this.#ofTopics(name)) ?? this.#own(name, error as Error, () => this.#ownMessage(name));
      }
    });
  }

  /**
   * A type of services.
   *
   * @param name `package/Name`
   * @throws RosError, NodeLostError as above
   */
  service(name: string): Promise<WireService> {
    return known(this.#services, name, async () => {
      const { version } = this.#rosapi;
      try {
        const part = async (which: string): Promise<WireType> => {
          const { typedefs } = await this.#rosapi.call(`service_${which}_details`, { type: fullName(name, "srv", version) });
          const definitions = fromTypedefs(typedefs, version);
          return this.#made(definitions.root, definitions);
        };
        return { name, request: await part("request"), response: await part("response") };
      } catch (error) {
        return this.#own(name, error as Error, () => this.#ownService(name));
      }
    });
  }

  #made(name: string, { texts, hasBounds }: Definitions): WireType {
    const define = (type: string): Definition => {
      const text = texts.get(type);
      if (text === undefined) throw new RosError(`the definition of ${name} needs ${type}, and does not have it`, { name });
      return parseDefinition(type, text);
    };
    return new WireType(layOut(name, define), this.#rosapi.version, hasBounds);
  }

  /** By the texts of all topics: for types of which a server cannot say the fields. */
  async #ofTopics(name: string): Promise<WireType | undefined> {
    try {
      const { types, typedefs_full_text: all } = await this.#rosapi.call("topics_and_raw_types");
      const at = (types as string[]).findIndex((type) => plainName(type) === name);
      const { own, needed } = splitDefinitions((all as string[])[at] ?? "");
      if (at < 0 || own.replaceAll(/#.*/g, "").trim() === "") return undefined; // it does not know it either
      const { version } = this.#rosapi;
      const parts = [[name, own], ...needed].map(([type, text]) => [plainName(type!), fromText(text!, version)] as const);
      const texts = new Map(parts.map(([type, { text }]) => [type, text]));
      return this.#made(name, { texts, hasBounds: parts.some(([, { isBounded }]) => isBounded) });
    } catch {
      return undefined; // this machine may know it
    }
  }

  #own<T>(name: string, error: Error, make: () => T): T {
    try {
      return make();
    } catch (own) {
      throw new RosError(`the type ${name} is not known: ${error.message}; and ${(own as Error).message}`, { name, cause: own });
    }
  }

  #ownMessage(name: string): WireType {
    return new WireType(layOut(name, (type) => this.#define(type)), this.#rosapi.version, false);
  }

  #ownService(name: string): WireService {
    const { request, response } = this.#library.serviceParts(name);
    const part = (suffix: string, text: string): WireType => {
      const own = `${name}${suffix}`;
      const define = (type: string): Definition => type === own ? this.#parsed(own, text) : this.#define(type);
      return new WireType(layOut(own, define), this.#rosapi.version, false);
    };
    return { name, request: part("Request", request), response: part("Response", response) };
  }

  #define(type: string): Definition {
    const definition = this.#parsed(type, this.#library.definition(type).text);
    if (this.#rosapi.version === 1 || type !== "std_msgs/Header") return definition;
    return { ...definition, fields: definition.fields.filter(({ name }) => name !== "seq") }; // ROS 2 has none
  }

  #parsed(type: string, text: string): Definition {
    return parseDefinition(type, fromText(text, this.#rosapi.version).text);
  }
}

function known<T>(all: Map<string, Promise<T>>, name: string, make: () => Promise<T>): Promise<T> {
  let type = all.get(name);
  if (type === undefined) {
    all.set(name, type = make());
    type.catch(() => all.delete(name)); // it may be known the next time
  }
  return type;
}
