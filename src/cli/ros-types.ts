import { writeFileSync } from "node:fs";
import { RosError } from "../errors.ts";
import { type Arguments, UsageError } from "./verb.ts";

/** `pyros ros types`: writes types for TypeScript, of packages or of single types of ROS. */
export async function rosTypes({ words: [, ...names], options }: Arguments): Promise<number> {
  if (names.length === 0) throw new UsageError("pyros ros types takes packages or types, such as geometry_msgs or std_srvs/SetBool");
  const { generate } = await import("../../systems/ros/types/generate.ts");
  const { Library } = await import("../../systems/ros/message/library.ts");
  const text = generate(names, new Library({ folders: options.get("types") ?? [] }));
  const out = options.get("out")?.[0];
  if (out === undefined) process.stdout.write(text);
  else write(out, text);
  return 0;
}

function write(file: string, text: string): void {
  try {
    writeFileSync(file, text);
  } catch (error) {
    throw new RosError(`${file} cannot be written: ${(error as Error).message}`, { name: file, cause: error });
  }
}
