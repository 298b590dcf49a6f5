/** What an engine that has gone wrong may say to another one. */
import { expect, test } from "vitest";
import { ProtocolError, ServiceError } from "../../src/errors.ts";
import { entries, ownEntry } from "../../src/peer/messages.ts";
import { fromWire, thrownThere } from "../../src/peer/wire-error.ts";

test("an engine enters into the ledger what it has itself, and nothing that is the main engine's to say", () => {
  const own = [entries.service, entries.noService, entries.stream, entries.noStream, entries.interest, entries.noInterest];
  for (const kind of own) expect(ownEntry([kind, 1])).toEqual([kind, 1]);
  const others = Object.values(entries).filter((kind) => !own.includes(kind as never));
  expect(others.length).toBe(6);
  for (const asked of [...others.map((kind) => [kind, "/node"]), [], [undefined], ["3"], [2.5], [99], null, undefined, 3, {}]) {
    expect(() => ownEntry(asked)).toThrow(ProtocolError);
  }
});

test("an error that cannot be read is an error all the same", () => {
  for (const told of [null, undefined, 1, "x", [], {}, { name: 1, message: 2, stack: 3 }]) {
    const info = thrownThere(told);
    expect(info).toMatchObject({ name: "Error", message: "an error that cannot be read" });
    expect(info.stack).toBeUndefined();
    expect(fromWire({ class: "ServiceError", message: "m", name: "/s", provider: "/p", remote: told })).toBeInstanceOf(ServiceError);
  }
  expect(thrownThere({ name: "RangeError", message: "no", stack: "s", code: "C", data: [1] })).toEqual({
    name: "RangeError",
    message: "no",
    stack: "s",
    code: "C",
    data: [1],
  });
});
