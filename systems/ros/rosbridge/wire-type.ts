import type { Layout } from "../message/layout.ts";
import type { RosVersion } from "./definition.ts";
import { numberTypes } from "../message/numbers.ts";
import { type Read, reader } from "./read.ts";
import { type Write, writer } from "./write.ts";

/** A type of messages, as rosbridge carries them: in JSON or CBOR. */
export class WireType {
  /** `package/Name`. */
  readonly name: string;
  /**
   * Whether messages may come as CBOR: they hold long lists of numbers, and nothing that servers fail to write in it, which are lists of
   * texts, of times, and of a fixed length.
   */
  readonly suitsCbor: boolean;
  /** Names of its fields, in their order. */
  readonly fields: readonly string[];
  readonly #read: Read;
  readonly #write: Write;

  /**
   * @param layouts of it and of all that it needs; its own comes last
   * @param hasBounds whether a list has a length that it may not exceed
   */
  constructor(layouts: ReadonlyMap<string, Layout>, version: RosVersion, hasBounds: boolean) {
    const { name, fields: own } = [...layouts.values()].at(-1)!.definition;
    this.fields = own.map((field) => field.name);
    const fields = [...layouts.values()].flatMap(({ definition }) => definition.fields);
    const lists = fields.filter(({ count, type }) => count !== undefined && !layouts.has(type));
    this.name = name;
    this.suitsCbor = !hasBounds && lists.some(({ type }) => numberTypes[type] !== undefined) &&
      lists.every(({ count, type }) => count === "any" && (numberTypes[type] !== undefined || type === "bool"));
    this.#read = reader(layouts);
    this.#write = writer(layouts, version);
  }

  /**
   * A value in canonical form, of one that came.
   *
   * @throws RosError when it does not fit the type
   */
  read(value: unknown): unknown {
    return this.#read(value, this.name);
  }

  /**
   * JSON of a value. What is missing in it is zero, empty or false.
   *
   * @throws RosError that names the field that does not fit
   */
  write(value: unknown): string {
    return this.#write(value, this.name);
  }
}
