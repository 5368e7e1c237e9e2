import t from "tap";
import { parseConditions, UnknownConditionError } from "../../../../lib/firewall/nft/conditions.ts";

/** @returns the names of the expressions, in order */
function names(conditions: readonly string[], family: 4 | 6 = 4): string {
  return parseConditions(conditions, family)
    .map(({ name }) => name)
    .join(" ");
}

t.test("words of nft become the expressions that nft makes of them", (t) => {
  t.equal(names([]), "");
  t.equal(names(["ip", "saddr", "192.0.2.1"]), "meta cmp payload cmp");
  t.equal(names(["ip", "saddr", "192.0.2.0/24"]), "meta cmp payload cmp");
  t.equal(names(["ip", "daddr", "!=", "192.0.2.0/25"]), "meta cmp payload bitwise cmp");
  t.equal(names(["ip6", "saddr", "==", "fd00::/8"], 6), "meta cmp payload cmp");
  t.equal(names(["iifname", '"eth0"', "meta", "mark", "0x2000"]), "meta cmp meta cmp");
  t.end();
});

t.test("it makes no difference where one string ends and the next begins", (t) => {
  t.equal(
    names(["ip saddr != 192.0.2.1 iifname eth0"]),
    names(["ip saddr", "!= 192.0.2.1", "iifname", "eth0"]),
  );
  t.equal(names(["mark", "eq", "1"]), names(["mark == 1"]));
  t.end();
});

const refused: readonly [string, string, RegExp][] = [
  [
    "a field that we do not know",
    "tcp dport 80",
    /"tcp dport 80" starts with none of: ip saddr, ip/,
  ],
  ["one of the other family", "ip6 saddr ::1", /starts with none of: ip saddr/],
  ["an address of the other family", "ip saddr fd00::1", /"fd00::1" is no value for "ip saddr"/],
  ["a list", "ip saddr { 192.0.2.1, 192.0.2.2 }", /"\{" is no value for "ip saddr"/],
  ["no value at all", "ip saddr ==", /"" is no value for "ip saddr", which takes one value/],
  ["every address", "ip saddr 0.0.0.0/0", /"0.0.0.0\/0" is no value/],
  ["a name that is too long", "iifname abcdefghijklmnop", /is no value for "iifname"/],
  ["a name with a wildcard", "iifname veth*", /is no value for "iifname"/],
  ["a mark that is too large", "mark 0x100000000", /is no value for "mark"/],
];

for (const [what, text, message] of refused) {
  t.test(`${what} is refused by name`, (t) => {
    t.throws(() => parseConditions(text.split(" "), 4), { name: "UnknownConditionError", message });
    t.throws(() => parseConditions([text], 4), UnknownConditionError);
    t.end();
  });
}
