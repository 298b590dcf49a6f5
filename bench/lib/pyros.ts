import { createEngine, type StreamOptions } from "../../src/mod.ts";
import type { Emitter } from "./emitters.ts";

/** One of our streams as an emitter; without options it copies what it sends. */
export async function pyros<T>(options: StreamOptions = {}): Promise<Emitter<T>> {
  const engine = await createEngine({ nodes: {} });
  const publisher = engine.publisher<T>("/item", options);
  return {
    on: (callback) => void engine.stream<T>("/item").on(callback),
    emit: (value) => publisher.emit(value),
    close: () => engine.close(),
  };
}
