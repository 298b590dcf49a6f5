import { defineConfig } from "pyros";

export default defineConfig({
  nodes: {
    "/driver": "./nodes/driver.ts",
    "/ros": {
      use: "pyros/ros",
      params: {
        name: "/driver",
        import: { streams: ["/swarm/poses"], services: [{ match: "/swarm/reset", type: "std_srvs/Trigger" }] },
        export: { streams: ["/swarm/cmd_vel"], params: ["/swarm/speed"] },
      },
    },
  },
  log: { level: "error" },
});
