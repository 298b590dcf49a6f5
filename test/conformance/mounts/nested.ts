import { defineConfig } from "pyros";

/** A mount in a mount: one whose names may leave, and one whose names may not. */
export default defineConfig({ nodes: { "/inner": { use: "./pair.ts", remap: { "/pose": "/pose" } }, "/sealed": { use: "./pair.ts" } } });
