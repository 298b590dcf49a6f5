import { describe, expect, it } from "vitest";
import { Tickets } from "../../src/peer/tickets.ts";

describe("tickets", () => {
  it("find what was entered, however long others have been out", () => {
    const tickets = new Tickets<string>();
    tickets.set(1, "long");
    for (let number = 2; number < 1000; number++) {
      tickets.set(number, `call ${number}`);
      expect(tickets.get(number)).toBe(`call ${number}`);
      expect(tickets.delete(number)).toBe(true);
      expect(tickets.delete(number)).toBe(false);
      expect(tickets.get(number)).toBeUndefined();
    }
    expect(tickets.get(1)).toBe("long");
  });

  it("behave like a Map of many that come and go in any order", () => {
    const tickets = new Tickets<number>();
    const map = new Map<number, number>();
    let seed = 1;
    const random = (below: number): number => (seed = (seed * 48_271) % 2_147_483_647) % below;
    for (let number = 1; number <= 20_000; number++) {
      tickets.set(number, number);
      map.set(number, number);
      const gone = number - random(3000);
      expect(tickets.get(gone)).toBe(map.get(gone));
      expect(tickets.delete(gone)).toBe(map.delete(gone));
    }
    expect(tickets.clear()).toEqual([...map.values()]);
    expect(tickets.clear()).toEqual([]);
    expect(tickets.get(20_000)).toBeUndefined();
  });
});
