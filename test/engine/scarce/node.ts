import { defineNode } from "pyros";

export default defineNode({
  services: {
    double: (n: number) => n * 2,
    end: (code: number) => void process.exit(code),
  },
});
