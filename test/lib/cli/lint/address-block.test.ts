import fc from "fast-check";
import t from "tap";
import {
  contains,
  overlap,
  parseSingle,
  parseSubnet,
  type Subnet,
} from "../../../../lib/cli/lint/address-block.ts";
import { type Address, bitsOf, formatAddress } from "../../../../lib/ip/address.ts";
import {
  type Cidr,
  containsAddress,
  formatCidr,
  hasHostBits,
  overlaps,
  subnetOf,
} from "../../../../lib/ip/cidr.ts";
import { anyAddress } from "../../../support/ip.ts";

/** What plugins take for IPv4 in disguise is left to them. */
const plainAddress = anyAddress.filter(
  ({ family, value }) => family === 4 || value >> 32n !== 0xffffn,
);

const anyCidr: fc.Arbitrary<Cidr> = plainAddress.chain((address) =>
  fc
    .integer({ min: 0, max: bitsOf(address.family) })
    .map((prefixLength) => ({ address, prefixLength })),
);

function subnet(cidr: Cidr): Subnet {
  const parsed = parseSubnet(formatCidr(cidr));
  if (parsed === undefined) throw new Error(`${formatCidr(cidr)} is no subnet`);
  return parsed;
}

t.test("lint and plugins agree on what overlaps", async (t) => {
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(anyCidr, anyCidr, fc.boolean(), (a, b, isClose) => {
        const other =
          isClose && a.address.family === b.address.family ? { ...b, address: a.address } : b;
        return overlap(subnet(a), subnet(other)) === overlaps(a, other);
      }),
    ),
  );
});

t.test("lint and plugins agree on what lies in a subnet, and on host bits", async (t) => {
  t.doesNotThrow(() =>
    fc.assert(
      fc.property(anyCidr, plainAddress, (cidr, address: Address) => {
        const single = parseSingle(formatAddress(address));
        return (
          single !== undefined &&
          contains(subnet(cidr), single) === containsAddress(cidr, address) &&
          subnet(cidr).hasHostBits === hasHostBits(cidr) &&
          subnet(cidr).canonical === formatCidr(subnetOf(cidr))
        );
      }),
    ),
  );
});

t.test("what is no address or subnet is told from what is", async (t) => {
  for (const text of [
    "",
    "10.0.0.0",
    "10.0.0.0/33",
    "10.0.0/8",
    "fd00::/129",
    "fe80::%eth0/64",
    "x/8",
  ]) {
    t.equal(parseSubnet(text), undefined, text);
  }
  for (const text of ["", "10.0.0.0/8", "10.0.0.256", "010.0.0.1", "fe80::1%eth0", "fd00::1::2"]) {
    t.equal(parseSingle(text), undefined, text);
  }
});
