import { defineConfig } from "pyros";
import swarm from "../swarm/pyros.config.ts";

const of = (file: string): string => `../swarm/${file}`;

/** The swarm as it is, one node more that speaks of it in the words of ROS, and the bridge. */
export default defineConfig({
  ...swarm,
  systems: [of("systems/world.ts"), of("systems/meter.ts")],
  nodes: {
    "/guide": of("nodes/guide.ts"),
    "/planner": of("nodes/planner.ts"),
    "/predator": of("nodes/predator.ts"),
    "/monitor": of("nodes/monitor.ts"),
    "/display": { use: of("nodes/display.ts"), placement: "loop" },
    "/swarm": "./nodes/swarm.ts",
    "/ros": {
      use: "pyros/ros",
      params: {
        name: "/pyros_swarm",
        import: {
          streams: [{ match: "/swarm/cmd_vel", type: "geometry_msgs/Twist" }],
          params: ["/swarm/limit", { match: "/swarm/speed", as: "/world/speed" }, { match: "/swarm/formation", as: "/guide/formation" }],
        },
        export: {
          streams: ["/swarm/poses", "/swarm/goal", "/swarm/body_*"],
          services: ["/swarm/pause", "/swarm/reset"],
          params: ["/swarm/limit", { match: "/world/speed", as: "/swarm/speed" }, { match: "/guide/formation", as: "/swarm/formation" }],
        },
      },
    },
  },
});
