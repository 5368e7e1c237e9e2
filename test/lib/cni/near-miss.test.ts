import fc from "fast-check";
import t from "tap";
import { findNearMiss } from "../../../lib/cni/near-miss.ts";

const known = ["hairpinMode", "isGateway", "mtu", "vlan"];

/** One slip of the pen, somewhere in a word. */
const slips: readonly ((word: string, at: number, letter: string) => string)[] = [
  (word, at) => word.slice(0, at) + word.slice(at + 1),
  (word, at, letter) => word.slice(0, at) + letter + word.slice(at),
  (word, at, letter) => word.slice(0, at) + letter + word.slice(at + 1),
  (word, at) =>
    word.slice(0, at) +
    word
      .slice(at, at + 2)
      .split("")
      .reverse()
      .join("") +
    word.slice(at + 2),
];

const slip = fc.record({
  make: fc.constantFrom(...slips),
  at: fc.nat({ max: 12 }),
  letter: fc.constantFrom(..."abcdefghijklmnopqrstuvwxyzABCXYZ019-_"),
});

t.test("a word with one slip of the pen is recognised, in any case", async () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...known),
      slip,
      fc.boolean(),
      (word, { make, at, letter }, isUpper) => {
        const written = make(word, at % (word.length + 1), letter);
        return findNearMiss(isUpper ? written.toUpperCase() : written, known) === word;
      },
    ),
  );
});

t.test("a long word is recognised with two", async (t) => {
  for (const written of [
    "hairpnMod",
    "HairpniMdoe",
    "hayrpinModes",
    "airpinMode2",
    "hairpinNode",
  ]) {
    t.equal(findNearMiss(written, known), "hairpinMode", written);
  }
});

t.test("another word is another word", async (t) => {
  for (const word of ["cniVersion", "mac", "vlanTrunk", "gate", "vl", "v", ""]) {
    t.equal(findNearMiss(word, known), undefined, word);
  }
});
