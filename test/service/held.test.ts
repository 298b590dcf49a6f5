/** Calls of a sender that is held back, because the main engine has not answered yet what it asked before. */
import { expect, onTestFinished, test } from "vitest";
import { ServiceTimeoutError, StateError } from "pyros";
import { cbor } from "../../src/codec/cbor.ts";
import { Core } from "../../src/engine/core/core.ts";
import { Caller } from "../../src/service/caller.ts";
import { rejection } from "../conformance/harness.ts";

function core(): Core {
  const made = new Core({
    rate: 60,
    clock: "live",
    seed: "0",
    speed: Infinity,
    wire: { codec: cbor, codecSource: "cbor", link: "zmtp" },
    load: () => Promise.reject(new Error("no node is loaded here")),
    development: true,
    params: {},
    overrides: {},
    paramsFile: undefined,
    systems: [],
    nodes: [],
  });
  onTestFinished(() => made.close());
  return made;
}

test("a call that is held back times out", async () => {
  const { dispatcher, services } = core();
  const caller = new Caller("/caller");
  services.provide("/provider/echo", new Caller("/provider"), (input) => input, false, {});
  const call = (timeout: number) => services.callByName(caller, "/provider/echo", (name) => name, 1, { timeout });
  const release = dispatcher.hold(caller);
  expect(await rejection(call(10))).toBeInstanceOf(ServiceTimeoutError);
  const late = call(60_000);
  release();
  expect(await late).toBe(1);
});

test("a call that is held back settles when its caller ends", async () => {
  const { dispatcher, services } = core();
  const caller = new Caller("/caller");
  services.provide("/provider/echo", new Caller("/provider"), (input) => input, false, {});
  dispatcher.hold(caller);
  const error = rejection(services.callByName(caller, "/provider/echo", (name) => name, 1, {}));
  await Promise.resolve();
  services.outlive();
  caller.end(() => new StateError("it has ended"));
  expect(await error).toBeInstanceOf(StateError);
});
