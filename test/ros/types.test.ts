import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it, onTestFinished } from "vitest";
import { RosError } from "pyros";
import { cli } from "../cli/support.ts";
import { own } from "../conformance/runtimes.ts";
import type { Definition } from "../../systems/ros/message/definition.ts";
import { Library } from "../../systems/ros/message/library.ts";
import { numberTypes } from "../../systems/ros/message/numbers.ts";
import { Output } from "../../systems/ros/message/output.ts";
import type { MessageType } from "../../systems/ros/message/type.ts";
import { commentsOf } from "../../systems/ros/types/comments.ts";
import { generate } from "../../systems/ros/types/generate.ts";
import { select } from "../../systems/ros/types/selection.ts";
import { hasRos, scratch } from "./support.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const bin = (name: string): string => join(root, "node_modules/.bin", name);
const ownTypes = fileURLToPath(new URL("./types", import.meta.url));
const output = new Output();

/** What TypeScript says of some files. */
function check(files: Readonly<Record<string, string>>): string {
  const folder = join(root, ".cache", `ros-types-${process.pid}-${Math.random().toString(36).slice(2)}`);
  mkdirSync(folder, { recursive: true });
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ extends: "../../tsconfig.json", include: ["*.ts"] }));
  const [command, args] = own === "deno"
    ? [process.execPath, ["check", "--quiet", "--config", join(root, "deno.json"), ...Object.keys(files).map((name) => join(folder, name))]]
    : [bin("tsc"), ["--noEmit", "--pretty", "false", "-p", folder]];
  const { stdout, stderr, error } = spawnSync(command, args, { encoding: "utf8" });
  if (error !== undefined) throw error;
  return stdout + stderr;
}

/** Whether it is written as Deno would write it. */
function unformatted(text: string): string {
  const file = join(scratch(), "types.ts");
  writeFileSync(file, text);
  const { status, stderr } = spawnSync(own === "deno" ? process.execPath : bin("deno"), ["fmt", "--check", "--no-config", file], {
    encoding: "utf8",
  });
  return status === 0 ? "" : stderr;
}

/** A value with something in each field. */
function sample({ fields }: Definition, library: Library): Record<string, unknown> {
  const one = (type: string): unknown => {
    if (numberTypes[type] !== undefined) return 1;
    if (type === "bool") return true;
    if (type === "string") return "text";
    if (type === "time" || type === "duration") return { sec: 1, nsec: 2 };
    return sample(library.message(type).definition, library);
  };
  const entries = fields.map((
    { name, type, count },
  ) => [name, count === undefined ? one(type) : Array.from({ length: count === "any" ? 1 : count }, () => one(type))]);
  return Object.fromEntries(entries);
}

/** A value as TypeScript writes it. */
function literal(value: unknown): string {
  if (typeof value === "bigint") return `${value}n`;
  if (Array.isArray(value)) return `[${value.map(literal).join(", ")}]`;
  if (ArrayBuffer.isView(value)) {
    return `new ${value.constructor.name}([${[...(value as unknown as Iterable<unknown>)].map(literal).join(", ")}])`;
  }
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  return `{ ${Object.entries(value).map(([key, inner]) => `${key}: ${literal(inner)}`).join(", ")} }`;
}

/** What the bridge gives for a value that is sent. */
const given = (type: MessageType, value: unknown): unknown => type.read(type.write(output, value).slice(4));

function expectSame(packages: readonly string[], library: Library): void {
  const text = generate(packages, library);
  const { messages, services } = select(packages, library);
  const lines = ["type IsAny<T> = 0 extends 1 & T ? true : false;"];
  const add = (type: string, value: unknown): void => {
    lines.push(`export const v${lines.length}: ${type} = ${literal(value)};`, `export const n${lines.length}: IsAny<${type}> = false;`);
  };
  for (const [name, definition] of messages) add(`RosMessage<"${name}">`, given(library.message(name), sample(definition, library)));
  for (const name of services.keys()) {
    const { request, response } = library.service(name);
    add(`RosRequest<"${name}">`, given(request, sample(request.definition, library)));
    add(`RosResponse<"${name}">`, given(response, sample(response.definition, library)));
  }
  const imports =
    'import type { RosMessage, RosRequest, RosResponse } from "pyros/ros";\nimport "./types.ts";\nexport type All = [RosMessage<"">, RosRequest<"">, RosResponse<"">];\n';
  expect(check({ "types.ts": text, "values.ts": imports + lines.join("\n") })).toBe("");
  expect(unformatted(text)).toBe("");
}

describe("types for TypeScript", () => {
  it("are what the bridge gives: all that needs no ROS", () => {
    const common = readdirSync(join(root, "node_modules/@foxglove/rosmsg-msgs-common/msgdefs/ros1"));
    expectSame([...common, "std_srvs"], new Library({ installed: [] }));
  });

  it.skipIf(!hasRos)("are what the bridge gives: all that is installed", () => {
    const installed = readdirSync("/usr/share").filter((name) => ["msg", "srv"].some((kind) => existsSync(`/usr/share/${name}/${kind}`)));
    expect(installed).toContain("roscpp");
    expectSame(installed, new Library());
  });

  it("make streams, inputs, services and actions of nodes typed", () => {
    const library = new Library({ folders: [ownTypes], installed: [] });
    const text = generate([
      "geometry_msgs/Twist",
      "sensor_msgs/PointCloud2",
      "std_srvs/SetBool",
      "std_msgs/Time",
      "std_msgs/Int64MultiArray",
      "actionlib",
    ], library);
    const use = `
import { defineNode, type NodeContext } from "pyros";
import { type RosFeedback, type RosGoal, type RosMessage, type RosRequest, type RosResponse, type RosResult, rosInput, rosStream, type Sendable } from "pyros/ros";
import { PointField } from "./types.ts";

export const float: 7 = PointField.FLOAT32;
export const cloud = (cloud: RosMessage<"sensor_msgs/PointCloud2">): number | undefined => cloud.data[0];
// @ts-expect-error
export const text = (cloud: RosMessage<"sensor_msgs/PointCloud2">): string => cloud.height;

export default defineNode({
  inputs: { cloud: rosInput("sensor_msgs/PointCloud2", "/cloud", { depth: 1 }), other: rosInput("own_msgs/Other", "/other") },
  streams: {
    cmd_vel: rosStream("geometry_msgs/Twist", { depth: 1 }),
    now: rosStream("std_msgs/Time"),
    many: rosStream("std_msgs/Int64MultiArray"),
    other: rosStream("own_msgs/Other"),
  },
  services: {
    grip: ({ data }: RosRequest<"std_srvs/SetBool">): Sendable<RosResponse<"std_srvs/SetBool">> => ({ success: data }),
    async *walk({ goal }: RosGoal<"actionlib/TestAction">): AsyncGenerator<RosFeedback<"actionlib/TestAction">, RosResult<"actionlib/TestAction">> {
      yield { feedback: goal };
      return { result: goal };
    },
    look: (_: undefined, { time }: NodeContext) => time,
  },
  update({ inputs, streams }) {
    const bytes: Uint8Array | undefined = inputs.cloud.latest?.data;
    // @ts-expect-error
    const fields: string = inputs.cloud.latest?.fields;
    const anything: string = inputs.other.latest.whatever;
    streams.cmd_vel.emit({ linear: { x: bytes?.length ?? anything.length } });
    streams.cmd_vel.emit({});
    // @ts-expect-error
    streams.cmd_vel.emit({ lineal: { x: 1 } });
    // @ts-expect-error
    streams.cmd_vel.emit({ linear: { x: fields } });
    streams.now.emit({ data: new Date() });
    streams.now.emit({ data: { sec: 1, nsec: 0 } });
    streams.many.emit({ data: [1, 2n], layout: { dim: [{ size: 2 }] } });
    streams.many.emit({ data: new BigInt64Array(2) });
    streams.other.emit({ whatever: 1 });
  },
});
`;
    expect(check({ "types.ts": text, "use.ts": use })).toBe("");
  });

  it("have names of their own where several types have one, and where it means something else", () => {
    const folder = scratch();
    const write = (path: string, text: string): void => {
      mkdirSync(join(folder, path, ".."), { recursive: true });
      writeFileSync(join(folder, path), text);
    };
    write("one_msgs/msg/Status.msg", "# A status.\n\n# How it is.\nuint8 how # in words\n            # of few\nString text\n");
    write("one_msgs/msg/String.msg", "");
    write(
      "two_msgs/msg/Status.msg",
      'uint64 BIG=18446744073709551615\nint8 LOW=-128\nfloat32 HALF=.5\nbool YES=True\nstring SAID=say "hi" # really\nchar A=65\none_msgs/Status[2] both\n*/\n'
        .replace("*/\n", "time when # never */ ends\n"),
    );
    const text = generate(["two_msgs"], new Library({ folders: [folder], installed: [] }));
    expect(text).toContain(
      "export interface OneMsgsStatus {\n  /**\n   * How it is.\n   * in words\n   * of few\n   */\n  readonly how: number;\n  readonly text: OneMsgsString;\n}",
    );
    expect(text).toContain("export type OneMsgsString = Record<string, never>;");
    expect(text).toContain("readonly both: readonly OneMsgsStatus[];\n  /** never * / ends */\n  readonly when: RosTime;");
    expect(text).toContain(
      "  BIG: 18446744073709551615n,\n  LOW: -128,\n  HALF: 0.5,\n  YES: true,\n  SAID: 'say \"hi\" # really',\n  A: 65,\n",
    );
    expect(check({ "types.ts": text })).toBe("");
    expect(unformatted(text)).toBe("");
  });

  it("say what was not found", () => {
    const library = new Library({ installed: [] });
    expect(() => generate(["geometry_msgs/Twst"], library)).toThrow(/geometry_msgs has no Twst; did you mean Twist\?/);
    expect(() => generate(["no_msgs"], library)).toThrow(/no package no_msgs was found: add the folder that holds it by --types/);
    const folder = scratch();
    mkdirSync(join(folder, "bad_msgs", "msg"), { recursive: true });
    writeFileSync(join(folder, "bad_msgs", "msg", "Bad.msg"), "uint8 N=many\n");
    const bad = new Library({ folders: [folder], installed: [] });
    expect(() => generate(["bad_msgs"], bad)).toThrow(RosError);
    expect(() => generate(["bad_msgs"], bad)).toThrow(/the constant N of bad_msgs\/Bad is many, which is no uint8/);
  });

  it("take comments from where they stand", () => {
    const { type, of } = commentsOf(
      "# Of the type,\n# two lines\n#-----\nint8 a\n\n# of b\nint8 b # and so on\n  # and on\n# of c\nint8 c\n# of nothing\n\nint8 d\n",
    );
    expect(type).toEqual(["Of the type,", "two lines"]);
    expect(Object.fromEntries(of)).toEqual({ a: [], b: ["of b", "and so on", "and on"], c: ["of c"], d: [] });
  });
});

describe("pyros ros types", () => {
  const pyros = (...args: string[]): ReturnType<typeof cli> => cli(root, "ros", "types", ...args);

  it("writes them into a file, or to the standard output", async () => {
    const file = join(scratch(), "types.ts");
    expect(await pyros("geometry_msgs/Twist", "actionlib", "--types", ownTypes, "--out", file)).toMatchObject({ code: 0, out: "" });
    const text = readFileSync(file, "utf8");
    expect(text).toContain('"geometry_msgs/Twist": Twist;');
    expect(text).toContain('"actionlib/TestAction": {\n      readonly goal: TestGoal;');
    const { code, out } = await pyros("geometry_msgs/Twist", "actionlib", `--types=${ownTypes}`);
    expect(code).toBe(0);
    expect(out).toBe(text);
  });

  it("refuses what cannot be", async () => {
    expect(await pyros()).toMatchObject({ code: 2, err: expect.stringContaining("takes packages or types, such as geometry_msgs") });
    expect(await pyros("std_srvs", "--port", "1")).toMatchObject({
      code: 2,
      err: expect.stringContaining("pyros ros types has no option --port"),
    });
    expect(await pyros("no_msgs")).toMatchObject({ code: 1, err: expect.stringContaining("no package no_msgs was found") });
    expect(await pyros("std_srvs", "--out", "/no/such/folder/types.ts")).toMatchObject({
      code: 1,
      err: expect.stringContaining("cannot be written"),
    });
  });
});
