import { defineNode, stream } from "pyros";

/** Says what it is told to, as texts of ROS. */
export default defineNode({
  streams: {
    out: stream<{ data: string }>({ type: "std_msgs/String" }),
    last: stream<{ data: string }>({ type: "std_msgs/String", latched: true }),
  },
  services: {
    say(text: string, { streams }) {
      streams.out.emit({ data: text });
    },
    keep(text: string, { streams }) {
      streams.last.emit({ data: text });
    },
    wrong(_input: undefined, { streams }) {
      streams.out.emit({ data: 5 } as never);
    },
    flood({ items, bytes }: { items: number; bytes: number }, { streams }) {
      for (let i = 0; i < items; i++) streams.out.emit({ data: "x".repeat(bytes) });
    },
  },
});
