import { type CallOptions, defineNode } from "pyros";

export interface Ask {
  service: string;
  input?: unknown;
  options?: CallOptions;
  /** How often, one after the other. */
  times?: number;
}

/** What became of a call, as data. */
export interface Told {
  value?: unknown;
  error?: string;
  message?: string;
  /** Ms of the engine's clock. */
  after: number;
}

/** Calls others on request; its calls belong to the call that asked for them. */
export default defineNode({
  state: () => ({ told: [] as Told[], aborted: 0 }),
  services: {
    /** Calls, and tells what became of it. */
    async ask({ service, input, options, times = 1 }: Ask, context) {
      const told: Told[] = [];
      for (let i = 0; i < times; i++) {
        const start = context.time;
        await context.call(service, input, options).then(
          (value) => told.push({ value, after: context.time - start }),
          (error) => told.push({ error: error?.name, message: error?.message ?? String(error), after: context.time - start }),
        );
      }
      context.state.told.push(...told);
      return told;
    },
    /** Calls, and lets the error through. */
    through({ service, input, options }: Ask, { call }) {
      return call(service, input, options);
    },
    wait({ service, ...options }: { service: string; providers?: number; timeout?: number }, { waitForService }) {
      return waitForService(service, options);
    },
    told(_: void, { state }) {
      return state.told;
    },
  },
});
