import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

// Not part of the suite: `leaks.test.ts` runs it and expects it to fail.
export default defineConfig({
  test: { root: fileURLToPath(new URL(".", import.meta.url)), include: ["*.leaky.ts"], setupFiles: ["../leaks.ts"], pool: "forks" },
});
