import { defineNode } from "pyros";

/** Counts its frames, and fails when it is told to. */
export default defineNode({
  state: () => ({ frames: 0, notes: [] as string[], fails: false, broken: undefined as unknown }),
  services: {
    fail(_: void, { state }) {
      state.fails = true;
    },
    note(text: string, { state }) {
      state.notes.push(text);
      return state.notes.length;
    },
    /** Writes one half of a note, and the other one later. */
    async noteSlowly(ms: number, { state, sleep }) {
      state.notes.push("half");
      await sleep(ms);
      state.notes[state.notes.length - 1] = "whole";
    },
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
  update({ state }) {
    state.frames++;
    if (state.fails) throw new Error("it fails");
  },
});
