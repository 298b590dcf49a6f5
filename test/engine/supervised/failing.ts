import { defineNode } from "pyros";

/** Counts its frames, and fails when it is told to. */
export default defineNode({
  state: () => ({ frames: 0, notes: [] as string[], broken: undefined as unknown }),
  setup: () => ({ fails: false, finish: () => {} }), // no part of the state, or a checkpoint could fail again
  services: {
    fail(_: void, { local }) {
      local.fails = true;
    },
    note(text: string, { state }) {
      state.notes.push(text);
      return state.notes.length;
    },
    /** Writes one half of a note, and the other one when it is told to. */
    async noteSlowly(_: void, { state, local }) {
      state.notes.push("half");
      await new Promise<void>((resolve) => (local.finish = resolve));
      state.notes[state.notes.length - 1] = "whole";
    },
    finish: (_: void, { local }) => local.finish(),
    /** Puts something into the state that is no data. */
    spoil(on: boolean, { state }) {
      state.broken = on ? { deep: [() => 1] } : undefined;
    },
    state: (_: void, { state }) => ({ frames: state.frames, notes: state.notes }),
    die() {
      setTimeout(() => process.exit(3), 1);
    },
    pid: () => process.pid,
  },
  update({ state, local }) {
    state.frames++;
    if (local.fails) throw new Error("it fails");
  },
});
