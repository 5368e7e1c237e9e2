import fc from "fast-check";
import t from "tap";
import {
  contains,
  formatRange,
  planRange,
  type Range,
  type RangeConfig,
  rangesOverlap,
} from "../../../ipam/host-local/range.ts";
import { planRangeSet, refuseOverlaps } from "../../../ipam/host-local/range-set.ts";
import { formatAddress } from "../../../lib/ip/address.ts";
import { formatCidr } from "../../../lib/ip/cidr.ts";
import { failureText } from "../../support/cni-error.ts";
import { address, cidr } from "../../support/ip.ts";

interface RangeText {
  readonly subnet: string;
  readonly rangeStart?: string;
  readonly rangeEnd?: string;
  readonly gateway?: string;
}

function configOf({ subnet, rangeStart, rangeEnd, gateway }: RangeText): RangeConfig {
  return {
    subnet: cidr(subnet),
    rangeStart: rangeStart === undefined ? undefined : address(rangeStart),
    rangeEnd: rangeEnd === undefined ? undefined : address(rangeEnd),
    gateway: gateway === undefined ? undefined : address(gateway),
  };
}

const rangeOf = (text: RangeText): Range => planRange(configOf(text));

/** "SUBNET FIRST-LAST GATEWAY" */
function describe(range: Range): string {
  return `${formatCidr(range.subnet)} ${formatRange(range)} ${formatAddress(range.gateway)}`;
}

t.test("a range is the whole subnet unless it is told otherwise", async (t) => {
  const cases: [RangeText, string][] = [
    [{ subnet: "192.0.2.0/24" }, "192.0.2.0/24 192.0.2.1-192.0.2.254 192.0.2.1"],
    [{ subnet: "192.0.2.0/25" }, "192.0.2.0/25 192.0.2.1-192.0.2.126 192.0.2.1"],
    [{ subnet: "192.0.2.128/25" }, "192.0.2.128/25 192.0.2.129-192.0.2.254 192.0.2.129"],
    [{ subnet: "192.0.2.4/30" }, "192.0.2.4/30 192.0.2.5-192.0.2.6 192.0.2.5"],
    [{ subnet: "0.0.0.0/0" }, "0.0.0.0/0 0.0.0.1-255.255.255.254 0.0.0.1"],
    [
      { subnet: "2001:db8:1::/64" },
      "2001:db8:1::/64 2001:db8:1::1-2001:db8:1:0:ffff:ffff:ffff:ffff 2001:db8:1::1",
    ],
    [{ subnet: "2001:db8::4/126" }, "2001:db8::4/126 2001:db8::5-2001:db8::7 2001:db8::5"],
    [
      { subnet: "192.0.2.0/24", rangeStart: "192.0.2.40", rangeEnd: "192.0.2.50" },
      "192.0.2.0/24 192.0.2.40-192.0.2.50 192.0.2.1",
    ],
    [
      { subnet: "192.0.2.0/24", rangeStart: "192.0.2.0", rangeEnd: "192.0.2.255" },
      "192.0.2.0/24 192.0.2.0-192.0.2.255 192.0.2.1",
    ],
    [
      { subnet: "192.0.2.0/24", gateway: "192.0.2.254" },
      "192.0.2.0/24 192.0.2.1-192.0.2.254 192.0.2.254",
    ],
    [
      { subnet: "192.0.2.0/24", gateway: "198.51.100.1" },
      "192.0.2.0/24 192.0.2.1-192.0.2.254 198.51.100.1",
    ],
  ];
  for (const [text, expected] of cases) t.equal(describe(rangeOf(text)), expected);
});

t.test("a range that cannot be is refused in the reference's words", async (t) => {
  const cases: [RangeText, string][] = [
    [{ subnet: "192.0.2.0/31" }, "Network 192.0.2.0/31 too small to allocate from"],
    [{ subnet: "192.0.2.0/32" }, "Network 192.0.2.0/32 too small to allocate from"],
    [{ subnet: "2001:db8::/127" }, "Network 2001:db8::/127 too small to allocate from"],
    [{ subnet: "2001:db8::/128" }, "Network 2001:db8::/128 too small to allocate from"],
    [
      { subnet: "192.0.2.12/24" },
      "Network has host bits set. For a subnet mask of length 24 the network address is 192.0.2.0",
    ],
    [
      { subnet: "192.0.3.0/23" },
      "Network has host bits set. For a subnet mask of length 23 the network address is 192.0.2.0",
    ],
    [
      { subnet: "2001:db8:1::24/64" },
      "Network has host bits set. For a subnet mask of length 64 the network address is 2001:db8:1::",
    ],
    [
      { subnet: "2001:db8:1:1::/63" },
      "Network has host bits set. For a subnet mask of length 63 the network address is 2001:db8:1::",
    ],
    [
      { subnet: "192.0.2.0/24", rangeStart: "192.0.3.0" },
      "RangeStart 192.0.3.0 not in network 192.0.2.0/24",
    ],
    [
      { subnet: "192.0.2.0/24", rangeEnd: "192.0.4.0" },
      "RangeEnd 192.0.4.0 not in network 192.0.2.0/24",
    ],
    [
      { subnet: "192.0.2.0/24", rangeStart: "192.0.2.50", rangeEnd: "192.0.2.40" },
      "RangeStart 192.0.2.50 not in network 192.0.2.0/24",
    ],
    [
      { subnet: "192.0.2.0/24", rangeStart: "2001:db8::1" },
      "RangeStart 2001:db8::1 not in network 192.0.2.0/24",
    ],
  ];
  for (const [text, expected] of cases) {
    t.equal(
      failureText(() => rangeOf(text)).replace(/: \/\d+ is the smallest$/, ""),
      `7 ${expected}`,
    );
  }
  t.match(
    failureText(() => planRange({})),
    /^7 IP <nil> not v4 nor v6: a range needs a "subnet"/,
  );
});

t.test("a range contains what lies between its ends and in its subnet", async (t) => {
  const v4 = rangeOf({ subnet: "192.0.2.0/24", rangeStart: "192.0.2.40", rangeEnd: "192.0.2.50" });
  for (const inside of ["192.0.2.40", "192.0.2.45", "192.0.2.50"]) {
    t.ok(contains(v4, address(inside)), inside);
  }
  for (const outside of ["192.0.2.39", "192.0.2.51", "192.0.3.45", "2001:db8::45"]) {
    t.notOk(contains(v4, address(outside)), outside);
  }
  const v6 = rangeOf({ subnet: "2001:db8:1::/64", rangeStart: "2001:db8:1::40" });
  t.ok(contains(v6, address("2001:db8:1::50")));
  t.notOk(contains(v6, address("2001:db8:1::39")));
  t.notOk(contains(v6, address("2001:db8:2::50")));
});

t.test("ranges overlap when they share an address, whichever is asked", async (t) => {
  const cases: [RangeText, RangeText, boolean][] = [
    [{ subnet: "10.0.0.0/24" }, { subnet: "10.0.1.0/24" }, false],
    [{ subnet: "10.0.0.0/20" }, { subnet: "10.0.1.0/24" }, true],
    [
      { subnet: "10.0.0.0/24", rangeEnd: "10.0.0.50" },
      { subnet: "10.0.0.0/24", rangeStart: "10.0.0.10" },
      true,
    ],
    [
      { subnet: "10.0.0.0/24", rangeEnd: "10.0.0.50" },
      { subnet: "10.0.0.0/24", rangeStart: "10.0.0.51" },
      false,
    ],
    [
      { subnet: "10.0.0.0/24", rangeEnd: "10.0.0.50" },
      { subnet: "10.0.0.0/24", rangeStart: "10.0.0.50" },
      true,
    ],
    [{ subnet: "0.0.0.0/0" }, { subnet: "::/0" }, false],
  ];
  for (const [a, b, expected] of cases) {
    const name = `${describe(rangeOf(a))} and ${describe(rangeOf(b))}`;
    t.equal(rangesOverlap(rangeOf(a), rangeOf(b)), expected, name);
    t.equal(rangesOverlap(rangeOf(b), rangeOf(a)), expected, name);
  }
});

t.test("a set is one family without overlaps, and sets do not overlap either", async (t) => {
  const setOf = (...texts: RangeText[]) => planRangeSet(texts.map(configOf));
  t.equal(
    failureText(() => setOf()),
    "7 empty range set",
  );
  t.equal(
    failureText(() => setOf({ subnet: "10.0.0.0/24" }, { subnet: "2001:db8::/64" })),
    "7 mixed address families",
  );
  t.equal(
    failureText(() => setOf({ subnet: "10.0.0.0/24" }, { subnet: "10.0.0.0/16" })),
    "7 subnets 10.0.0.1-10.0.0.254 and 10.0.0.1-10.0.255.254 overlap",
  );
  const [a, b, c] = [
    setOf({ subnet: "10.0.0.0/24" }),
    setOf({ subnet: "10.1.0.0/24" }, { subnet: "10.2.0.0/24" }),
    setOf({ subnet: "10.2.0.0/16" }),
  ];
  refuseOverlaps([a, b]);
  t.equal(
    failureText(() => refuseOverlaps([a, b, c])),
    "7 range set 1 overlaps with 2",
  );
});

t.test("of sets that overlap, the first two are named, however many there are", async (t) => {
  const octets = fc.tuple(fc.nat(40), fc.nat(6)).map(([start, length]) => ({
    subnet: "10.0.0.0/24",
    rangeStart: `10.0.0.${start + 1}`,
    rangeEnd: `10.0.0.${start + length + 1}`,
  }));
  const others = fc.nat(9).map((number) => ({ subnet: `2001:db8:${number}::/64` }));
  const sets = fc.array(fc.oneof({ arbitrary: octets, weight: 3 }, others), { maxLength: 8 });
  fc.assert(
    fc.property(sets, (texts) => {
      const all = texts.map((text) => planRangeSet([configOf(text)]));
      const pairs = all.flatMap((a, i) => all.map((b, j) => ({ a, b, i, j })));
      const first = pairs.find(({ a, b, i, j }) => i < j && rangesOverlap(a[0], b[0]));
      if (first === undefined) refuseOverlaps(all);
      else {
        const text = failureText(() => refuseOverlaps(all));
        if (text !== `7 range set ${first.i} overlaps with ${first.j}`) throw new Error(text);
      }
    }),
    { numRuns: 1000 },
  );
  const many = Array.from({ length: 20_000 }, (_, number) =>
    planRangeSet([configOf({ subnet: `10.${number >> 8}.${number & 255}.0/24` })]),
  );
  t.doesNotThrow(() => refuseOverlaps(many));
});
