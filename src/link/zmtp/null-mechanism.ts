import { LinkError } from "../../errors.ts";
import { type Command, makeCommand, readMetadata } from "./command.ts";
import type { Mechanism, Step } from "./mechanism.ts";
import { printable } from "./text.ts";

/** No proof at all: each tells what it is. Only for peers that nobody else can reach. */
export class NullMechanism implements Mechanism {
  readonly name = "NULL";
  readonly asServer = false;
  readonly #metadata: Uint8Array;

  /** @param metadata what the peer is told */
  constructor(metadata: Uint8Array) {
    this.#metadata = metadata;
  }

  start(): Uint8Array[] {
    return [makeCommand("READY", this.#metadata)];
  }

  take({ name, data }: Command): Step {
    if (name !== "READY") throw new LinkError(`it sent ${printable(name)} where READY was due`);
    return { send: [], agreed: { metadata: readMetadata(data) } };
  }
}
