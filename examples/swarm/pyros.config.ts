import { defineConfig } from "pyros";

export default defineConfig({
  rate: 60,
  control: true, // the display has a key that moves the planner
  systems: ["./systems/world.ts", "./systems/meter.ts"],
  nodes: {
    "/guide": "./nodes/guide.ts",
    "/planner": "./nodes/planner.ts",
    "/predator": "./nodes/predator.ts",
    "/monitor": "./nodes/monitor.ts",
    // It holds the terminal, so it stays in the process that has one.
    "/display": { use: "./nodes/display.ts", placement: "loop" },
  },
  log: { level: "warning" },
});
