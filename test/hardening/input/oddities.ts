import fc from "fast-check";

/** What nobody expects in the place of anything. */

function words(text: string): readonly string[] {
  return text.split(" ");
}

const numbers = [0, -0, -1, 0.1, 65_536, 2 ** 32, 2 ** 53 + 2, 1e308, -1e-7];
const paths = words(".. ../.. / /etc/passwd a/b . \\ - --help %s%n $(id) `id`");
const addresses = [
  ...words("10.0.0.0/8 10.1.2.3/33 10.1.2/24 999.0.0.1 10.1.2.3/24/5 010.1.2.3 1 0.0.0.0/0"),
  ...words("::/0 ::1/129 fe80::1%eth0/64 ::ffff:10.0.0.1 2001:db8::/64 :::"),
];
const names = words("00:11:22:33:44:55 ff:ff:ff:ff:ff:ff 0:1 eth0 aaaaaaaaaaaaaaaa tcp SCTP 1.1.0");
const texts = ["", " ", "\0", "\n", "é", "\ud800", "𝒳", "true", "0x10", "__proto__"];
const structures = ["[]", "{}", "[[]]", "[null]", "[[null]]", "[{}]", '{"":""}', '{"a":[]}'];
const prototype = '{"__proto__":{"type":"evil"}}';

const oddTexts: readonly string[] = [...paths, ...addresses, ...names, ...texts];

export const oddities: readonly unknown[] = [
  ...[null, true, false, ...numbers, ...oddTexts],
  ...[...structures, prototype].map((text) => JSON.parse(text)),
];

/** One of each kind of character that anything treats as special, or as plain. */
const characters = [
  ...words(`a Z 0 1. 1e - + . / : , ; = # % " \\ \\" \\\\ \\u0041 { [ ] } {"a": [[ "a", é 😀 IP=`),
  ...[" ", "\t", "\n", "\r\n", "\0", "\u2028", "\ufeff", "0.", "::", "a.", "a:", "# ", "-d "],
];

/**
 * The same over and over. What takes twice as long for each character more, such as an ambiguous
 * regular expression, shows with forty, and what takes as long again for each shows with the most.
 */
export const runs: fc.Arbitrary<string> = fc
  .tuple(fc.constantFrom(...characters), fc.constantFrom(40, 1_000, 20_000))
  .map(([character, times]) => character.repeat(times));

/** Text as nobody would write it into a variable. */
export const oddText: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(...oddTexts),
  fc.string({ unit: "binary", maxLength: 40 }),
  runs,
);
