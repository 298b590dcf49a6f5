import { defineNode } from "pyros";

export default defineNode({
  services: {
    say: (value: unknown) => value,
    ask: ([service, input]: [string, unknown], { call }) => call<unknown>(service, input),
    hang: () => new Promise<never>(() => {}),
  },
});
