import fc from "fast-check";
import t from "tap";
import { planSearch, splitRequested } from "../../../ipam/host-local/allocator.ts";
import { contains, planRange, type Range } from "../../../ipam/host-local/range.ts";
import { planRangeSet, type RangeSet } from "../../../ipam/host-local/range-set.ts";
import { type Address, formatAddress, isSameAddress } from "../../../lib/ip/address.ts";
import { address, cidr } from "../../support/ip.ts";

/** Every address that is tried, in order. */
function candidates(set: RangeSet, lastReserved?: Address): string[] {
  return planSearch(set, lastReserved).flatMap(({ first, last }) => {
    const count = Number(last.value - first.value) + 1;
    return Array.from({ length: count }, (_, index) =>
      formatAddress({ family: first.family, value: first.value + BigInt(index) }),
    );
  });
}

/**
 * How the reference walks: one address at a time from the one after the last reserved, range by
 * range, past each range's own gateway, until it meets the address that it started with.
 */
function walk(set: RangeSet, lastReserved?: Address): string[] {
  const found = set.findIndex((range) => lastReserved && contains(range, lastReserved));
  let index = Math.max(found, 0);
  let current = found < 0 ? undefined : lastReserved;
  let start: Address | undefined;
  const visited: string[] = [];
  for (;;) {
    const range = set[index] as Range;
    if (current === undefined) current = range.first;
    else if (isSameAddress(current, range.last)) {
      index = (index + 1) % set.length;
      current = (set[index] as Range).first;
    } else current = { family: current.family, value: current.value + 1n };
    if (start === undefined) start = current;
    else if (isSameAddress(current, start)) return visited;
    const { gateway } = set[index] as Range;
    if (!isSameAddress(current, gateway)) visited.push(formatAddress(current));
  }
}

const setOf = (...subnets: string[]) =>
  planRangeSet(subnets.map((subnet) => ({ subnet: cidr(subnet) })));

t.test("a /29 is walked from any point, round and round", async (t) => {
  const set = setOf("192.168.1.0/29");
  const all = [2, 3, 4, 5, 6].map((host) => `192.168.1.${host}`);
  t.same(candidates(set), all);
  t.same(candidates(set, address("192.168.1.6")), all);
  t.same(candidates(set, address("192.168.1.3")), [...all.slice(2), ...all.slice(0, 2)]);
  t.same(candidates(set, address("192.168.1.2")), [...all.slice(1), ...all.slice(0, 1)]);
});

t.test("the address that was given out last is the last to be tried", async (t) => {
  t.equal(candidates(setOf("10.0.0.0/24"), address("10.0.0.77")).at(-1), "10.0.0.77");
});

t.test("a last address outside of the set says nothing", async (t) => {
  const set = setOf("192.168.1.0/29");
  t.same(candidates(set, address("192.168.2.3")), candidates(set));
  t.same(candidates(set, address("192.168.1.7")), candidates(set));
  t.same(candidates(set, address("2001:db8::1")), candidates(set));
});

t.test("the search goes on in the next range, and from the last range in the first", async (t) => {
  const set = setOf("192.168.1.0/30", "192.168.2.0/30");
  t.same(candidates(set, address("192.168.1.2")), ["192.168.2.2", "192.168.1.2"]);
  t.same(candidates(set, address("192.168.2.2")), ["192.168.1.2", "192.168.2.2"]);
});

t.test("neither the gateway nor the broadcast address is ever tried", async (t) => {
  const set: RangeSet = [planRange({ subnet: cidr("10.0.0.0/29"), gateway: address("10.0.0.4") })];
  t.same(candidates(set), ["10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.5", "10.0.0.6"]);
});

t.test("a range that is its gateway alone has nothing to give", async (t) => {
  const only = address("10.0.0.1");
  t.same(
    candidates([planRange({ subnet: cidr("10.0.0.0/24"), rangeStart: only, rangeEnd: only })]),
    [],
  );
});

t.test("a whole IPv6 /64 is planned without being counted through", async (t) => {
  const [first, ...others] = planSearch(setOf("2001:db8::/64"), undefined);
  t.equal(first && formatAddress(first.first), "2001:db8::2");
  t.equal(first && formatAddress(first.last), "2001:db8::ffff:ffff:ffff:ffff");
  t.same(others, []);
});

/** Up to three disjoint ranges, each within 16 addresses, with a gateway anywhere near. */
const anySet: fc.Arbitrary<RangeSet> = fc
  .array(
    fc.record({
      bounds: fc.tuple(fc.integer({ min: 0, max: 15 }), fc.integer({ min: 0, max: 15 })),
      gateway: fc.integer({ min: 0, max: 255 }),
    }),
    { minLength: 1, maxLength: 3 },
  )
  .map((ranges) => {
    const [first, ...others] = ranges.map(({ bounds, gateway }, index): Range => {
      const at = (host: number) => address(`10.0.0.${16 * index + host}`);
      return {
        subnet: cidr("10.0.0.0/24"),
        first: at(Math.min(...bounds)),
        last: at(Math.max(...bounds)),
        gateway: address(`10.0.0.${gateway % 64}`),
      };
    });
    return [first as Range, ...others];
  });

t.test("every address is tried once, in the reference's order", async (t) => {
  fc.assert(
    fc.property(anySet, fc.option(fc.integer({ min: 0, max: 63 })), (set, last) => {
      const lastReserved = last === null ? undefined : address(`10.0.0.${last}`);
      t.same(candidates(set, lastReserved), walk(set, lastReserved));
      return t.passing();
    }),
    { numRuns: 300 },
  );
});

t.test("of the requested addresses a set takes the first that lies in it", async (t) => {
  const requested = ["10.2.0.5", "10.1.0.7", "10.1.0.8", "10.1.0.7"].map(address);
  const { inside, others } = splitRequested(setOf("10.1.0.0/24"), requested);
  t.equal(inside && formatAddress(inside), "10.1.0.7");
  t.same(others.map(formatAddress), ["10.2.0.5", "10.1.0.8"]);
  t.same(splitRequested(setOf("10.9.0.0/24"), requested), { inside: undefined, others: requested });
});
