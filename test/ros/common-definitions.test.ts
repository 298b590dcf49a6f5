import { existsSync, readdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { Library } from "../../systems/ros/message/library.ts";
import { hasRos } from "./support.ts";

const packages = ["std_msgs", "geometry_msgs", "sensor_msgs", "nav_msgs", "actionlib_msgs", "rosgraph_msgs"];

describe.skipIf(!hasRos)("what is known of the common packages where no ROS is", () => {
  it.each(packages)("is for %s what an installed one says, by its MD5", (name) => {
    const [here, there] = [new Library({ installed: [] }), new Library({ installed: ["/usr/share"] })];
    const types = readdirSync(`/usr/share/${name}/msg`)
      .filter((file) => file.endsWith(".msg"))
      .map((file) => `${name}/${file.slice(0, -4)}`)
      .filter((type) => !existsSync(`/usr/share/${type.replace(/\/(\w+?)(Action)?(Goal|Result|Feedback)?$/, "/action/$1")}.action`));
    expect(types.length).toBeGreaterThan(0);
    const sums = (library: Library) => Object.fromEntries(types.map((type) => [type, library.message(type).md5]));
    expect(sums(here)).toEqual(sums(there));
  });

  it.each(["std_srvs/Empty", "std_srvs/SetBool", "std_srvs/Trigger"])("is for the service %s what an installed one says", (type) => {
    const [here, there] = [new Library({ installed: [] }), new Library({ installed: ["/usr/share"] })];
    expect(here.service(type).md5).toBe(there.service(type).md5);
  });
});
