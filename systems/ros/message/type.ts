import { RosError } from "../../../src/errors.ts";
import { compileReader, type Read } from "./compile-reader.ts";
import { compileWriters, type Write } from "./compile-writer.ts";
import { type Definition, parseDefinition } from "./definition.ts";
import { Input } from "./input.ts";
import { type Layout, layOut } from "./layout.ts";
import { located } from "./locate-unfit.ts";
import { md5 } from "./md5.ts";
import { numberTypes } from "./numbers.ts";
import { joined, type Output, type Written } from "./output.ts";

/** A type of messages: how they are read and written. */
export class MessageType {
  /** `package/Name`. */
  readonly name: string;
  readonly md5: string;
  /** Its definition and those that it needs, as connections exchange them. */
  readonly text: string;
  readonly definition: Definition;
  /** Whether what was read may be views of the bytes that it was read from. */
  readonly views: boolean;
  readonly #read: Read;
  readonly #write: Write;
  readonly #layouts: ReadonlyMap<string, Layout>;
  readonly #writers: ReadonlyMap<string, Write>;

  /**
   * @param define the definition of a message
   * @throws RosError when something that it needs is not known, or it cannot be
   */
  constructor(name: string, define: (type: string) => Definition) {
    const layouts = layOut(name, define);
    const sums = new Map<string, string>();
    for (const [type, { definition }] of layouts) sums.set(type, md5([definition], (other) => sums.get(other)!));
    this.name = name;
    this.md5 = sums.get(name)!;
    this.definition = layouts.get(name)!.definition;
    const needed = [...layouts].filter(([type]) => type !== name).reverse();
    this.text = [
      this.definition.text,
      ...needed.map(([type, { definition }]) => `${"=".repeat(80)}\nMSG: ${type}\n${definition.text}`),
    ].map(withOneEnd).join("\n");
    this.views = [...layouts.values()].some(({ definition: { fields } }) =>
      fields.some(({ type, count }) => count !== undefined && Object.hasOwn(numberTypes, type))
    );
    this.#read = compileReader(layouts);
    this.#layouts = layouts;
    this.#writers = compileWriters(layouts);
    this.#write = this.#writers.get(name)!;
  }

  /**
   * Reads a message. Long arrays are views of its bytes, where they lie well.
   *
   * @param bytes its body; nobody may write into it any more, if the type has {@link views}
   * @throws RosError when they are no message of this type
   */
  read(bytes: Uint8Array): unknown {
    const input = new Input(bytes);
    try {
      const value = this.#read(input);
      input.close();
      return value;
    } catch (error) {
      throw new RosError(`${bytes.length} bytes are no ${this.name}: ${(error as Error).message}`, { name: this.name });
    }
  }

  /**
   * Writes a message, with its length in front. What is missing in the value is zero, empty or false.
   *
   * @throws RosError that names the field that does not fit
   */
  write(output: Output, value: unknown): Uint8Array {
    return joined(this.pieces(output, value));
  }

  /**
   * The same without copying large arrays of the value: nobody may write into them any more.
   *
   * @throws RosError that names the field that does not fit
   */
  pieces(output: Output, value: unknown): Written {
    output.begin();
    try {
      this.#write(output, value);
    } catch (error) {
      output.cancel();
      throw located(error, value, this.name, this.#layouts, this.#writers);
    }
    return output.finish();
  }
}

/** A text with one end of a line behind it, however many it has. */
function withOneEnd(text: string): string {
  let end = text.length;
  while (end > 0 && text[end - 1] === "\n") end--;
  return `${text.slice(0, end)}\n`;
}

/** A type of which the whole text is known. */
export function typeOfText(name: string, own: string, needed: ReadonlyMap<string, string>): MessageType {
  return new MessageType(name, (type) => {
    const text = type === name ? own : needed.get(type);
    if (text === undefined) throw new RosError(`the definition of ${name} needs ${type}, and does not have it`, { name });
    return parseDefinition(type, text);
  });
}
