import { EventEmitter } from "node:events";
import { isAbsent, peer } from "./peers.ts";
import type { Absent } from "./question.ts";

/** The least of an emitter: `on` before the race, `emit` in it. */
export interface Emitter<T> {
  on(callback: (value: T) => void): void;
  emit(value: T): void;
  close?(): unknown;
}

/** Calling the callbacks by hand: with one a plain call, with more a loop over an array. */
export function byHand<T>(subscribers: number): Emitter<T> {
  const callbacks: ((value: T) => void)[] = [];
  const on = (callback: (value: T) => void): void => void callbacks.push(callback);
  if (subscribers === 1) return { on, emit: (value) => callbacks[0](value) };
  return {
    on,
    emit: (value) => {
      for (const callback of callbacks) callback(value);
    },
  };
}

/** The runtime's own. */
export function eventEmitter<T>(): Emitter<T> {
  const emitter = new EventEmitter();
  emitter.setMaxListeners(0);
  return {
    on: (callback) => void emitter.on("item", callback),
    emit: (value) => void emitter.emit("item", value),
  };
}

export async function mitt<T>(): Promise<Emitter<T> | Absent> {
  interface Mitt {
    on(type: string, callback: (value: T) => void): void;
    emit(type: string, value: T): void;
  }
  const module = await peer<{ default: () => Mitt }>("mitt");
  if (isAbsent(module)) return module;
  const emitter = module.default();
  return {
    on: (callback) => emitter.on("item", callback),
    emit: (value) => emitter.emit("item", value),
  };
}

export async function rxjs<T>(): Promise<Emitter<T> | Absent> {
  interface Subject {
    subscribe(callback: (value: T) => void): void;
    next(value: T): void;
  }
  const module = await peer<{ Subject: new () => Subject }>("rxjs");
  if (isAbsent(module)) return module;
  const subject = new module.Subject();
  return {
    on: (callback) => subject.subscribe(callback),
    emit: (value) => subject.next(value),
  };
}
