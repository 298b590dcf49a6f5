import { describe, expect, it } from "vitest";
import { formatAddress, isLocal, parseAddress } from "../../../src/link/bytes/address.ts";

describe("parseAddress", () => {
  it.each([
    ["ipc:///run/x/a.sock", { kind: "ipc", path: "/run/x/a.sock" }],
    ["tcp://127.0.0.1:4711", { kind: "tcp", host: "127.0.0.1", port: 4711 }],
    ["tcp://localhost:0", { kind: "tcp", host: "localhost", port: 0 }],
    ["tcp://127.0.0.1:*", { kind: "tcp", host: "127.0.0.1", port: 0 }],
    ["tcp://*:65535", { kind: "tcp", host: "*", port: 65_535 }],
    ["tcp://[::1]:80", { kind: "tcp", host: "::1", port: 80 }],
    ["tcp://my-host.example:1", { kind: "tcp", host: "my-host.example", port: 1 }],
  ])("reads %s", (text, address) => expect(parseAddress(text)).toEqual(address));

  it.each([
    ...["", "x", "ipc://", "ipc://relative", "ipc:///folder/", "ipc:///a\0b", "tcp://", "tcp://host", "tcp://host:", "tcp://:80"],
    ...["tcp://host:65536", "tcp://host:-1", "tcp://host:8x", "tcp://::1:80", "tcp://[::1:80", "udp://host:1", "tcp://a:1/x"],
  ])("refuses %j and says how to write it", (text) => {
    expect(() => parseAddress(text)).toThrow(/is no address: (write|the path)/);
  });

  it("refuses a path that is too long for a Unix socket, counted in bytes", () => {
    const fits = process.platform === "linux" ? 107 : 103;
    expect(parseAddress(`ipc:///${"x".repeat(fits - 1)}`)).toMatchObject({ kind: "ipc" });
    expect(() => parseAddress(`ipc:///${"x".repeat(fits)}`)).toThrow(
      `the path has ${fits + 1} bytes, and a Unix socket has room for ${fits}`,
    );
    expect(() => parseAddress(`ipc:///${"é".repeat(60)}`)).toThrow("the path has 121 bytes");
  });
});

describe("formatAddress", () => {
  it.each(["ipc:///run/a.sock", "tcp://127.0.0.1:4711", "tcp://[::1]:80", "tcp://localhost:1"])("writes %s as it was read", (text) => {
    expect(formatAddress(parseAddress(text))).toBe(text);
  });
});

describe("isLocal", () => {
  it.each(["ipc:///a", "tcp://127.0.0.1:1", "tcp://127.9.9.9:1", "tcp://localhost:1", "tcp://[::1]:1", "tcp://[::ffff:127.0.0.1]:1"])(
    "says yes to %s",
    (text) => expect(isLocal(parseAddress(text))).toBe(true),
  );
  it.each([
    "tcp://*:1",
    "tcp://0.0.0.0:1",
    "tcp://[::]:1",
    "tcp://192.168.0.1:1",
    "tcp://127.0.0.1.example:1",
    "tcp://localhost.example:1",
  ])(
    "says no to %s",
    (text) => expect(isLocal(parseAddress(text))).toBe(false),
  );
});
