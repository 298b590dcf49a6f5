import { expect, test } from "vitest";
import { Random } from "../../src/time/random.ts";

// Written down once: a seed means the same on every runtime and in every version, or recordings lose their meaning.
test.each([
  ["", [2351853226, 584362843, 933925256, 4277974681]],
  ["0\n/a", [3857288054, 3726167719, 3238551162, 4128026903]],
  ["ü\n/näher", [436531567, 2556869527, 4158916428, 832305085]],
])("Random gives the numbers that it has always given for the seed %j", (seed, expected) => {
  const random = new Random(seed);
  expect(expected.map(() => random.next() * 2 ** 32)).toEqual(expected);
});

test("Random's state is four whole numbers of 32 bits", () => {
  const random = new Random("state");
  for (let i = 0; i < 1000; i++) {
    random.next();
    expect(random.state.every((word) => word === (word | 0))).toBe(true);
  }
});
