import { client, defineNode, from, stream } from "pyros";

/** Declares and refers to names in every form. */
export default defineNode({
  params: { gain: 1, "/abs/gain": 2 },
  streams: { pose: stream<any>(), "arm/pose": stream<any>(), "/abs/pose": stream<any>() },
  inputs: { near: from<any>("pose"), own: from<any>("~pose"), absolute: from<any>("/pose") },
  needs: { peer: client<{ readonly services?: { who(input: void, context: any): string } }>("peer") },
  state: () => ({ got: [] as any[] }),
  on: {
    near: (item, { state }) => void state.got.push(["near", item]),
    own: (item, { state }) => void state.got.push(["own", item]),
    absolute: (item, { state }) => void state.got.push(["absolute", item]),
  },
  services: {
    who: (_: void, { name }) => name,
    "arm/who": (_: void, { name }) => `arm of ${name}`,
    "/common/who": (_: void, { name }) => name,
    got: (_: void, { state }) => state.got.splice(0),
    emit({ on, value }: { on: "pose" | "arm/pose" | "/abs/pose"; value: any }, { streams }) {
      streams[on].emit(value);
    },
    callPeer: (_: void, { needs }) => needs.peer.who(),
    ask: ({ name, input }: { name: string; input?: unknown }, { call }) => call(name, input),
    get: (name: string, { get }) => get(name),
    provide({ name, answer }: { name: string; answer: string }, { provide }) {
      provide(name, () => answer);
    },
    async wait(name: string, { waitForService }) {
      await waitForService(name, { timeout: 200 });
      return true;
    },
    /** The error that a name gets, wherever it is given. */
    async bad(name: string, { call, get, set, watch, stream, provide, waitForService }) {
      const errors: string[] = [];
      for (
        const use of [
          () => call(name),
          () => get(name),
          () => set(name, 1),
          () => watch(name, () => {}),
          () => stream(name),
          () => provide(name, () => {}),
          () => waitForService(name),
        ]
      ) {
        try {
          await use();
          errors.push("accepted");
        } catch (error) {
          errors.push(`${(error as Error).name}: ${(error as Error).message}`);
        }
      }
      return errors;
    },
  },
});
