import fc from "fast-check";
import { Address4, Address6 } from "ip-address";
import t from "tap";
import { bitsOf, formatAddress, isMapped, isSameAddress } from "../../../lib/ip/address.ts";
import {
  type Cidr,
  containsAddress,
  formatCidr,
  hasHostBits,
  hostCidr,
  isSameCidr,
  lastAddress,
  networkAddress,
  overlaps,
  parseCidr,
  subnetOf,
} from "../../../lib/ip/cidr.ts";
import { anyAddress } from "../../support/ip.ts";

const anyCidr: fc.Arbitrary<Cidr> = anyAddress.chain((address) =>
  fc.integer({ min: 0, max: bitsOf(address.family) }).map((prefixLength) => ({
    address,
    prefixLength,
  })),
);

/** The same network in the eyes of the ip-address package. */
function oracle(cidr: Cidr): Address4 | Address6 {
  const { family, value } = cidr.address;
  const text = family === 4 ? Address4.fromBigInt(value) : Address6.fromBigInt(value);
  return family === 4
    ? new Address4(`${text.correctForm()}/${cidr.prefixLength}`)
    : new Address6(`${text.correctForm()}/${cidr.prefixLength}`);
}

function cidr(text: string): Cidr {
  const parsed = parseCidr(text);
  if (parsed === undefined) throw new Error(`"${text}" is no CIDR`);
  return parsed;
}

t.test("a CIDR keeps its host bits when it is printed", async (t) => {
  const canonical = [
    ["10.1.2.3/24", "10.1.2.3/24"],
    ["0.0.0.0/0", "0.0.0.0/0"],
    ["2001:DB8:0::5/64", "2001:db8::5/64"],
    ["10.1.2.3/024", "10.1.2.3/24"],
    ["::ffff:10.1.2.3/120", "10.1.2.3/24"], // IPv4 in disguise, as in the reference
    ["::ffff:10.1.2.3/128", "10.1.2.3/32"],
  ] as const;
  for (const [written, printed] of canonical) t.equal(formatCidr(cidr(written)), printed, written);
});

t.test("what is not a CIDR is refused", async (t) => {
  const malformed = [
    "",
    "/",
    "10.0.0.0",
    "10.0.0.0/",
    "/8",
    "10.0.0.0/33",
    "::/129",
    "10.0.0.0/-1",
    "10.0.0.0/+8",
    "10.0.0.0/8/8",
    "10.0.0.0/ 8",
    "10.0.0/8",
    "10.0.0.0/255.0.0.0",
    "10.0.0.0/99999999999999999999",
    "::ffff:10.0.0.0/8", // neither an IPv4 prefix nor one of all mapped addresses
  ];
  for (const text of malformed) t.equal(parseCidr(text), undefined, JSON.stringify(text));
});

t.test("text survives being parsed", async () => {
  fc.assert(
    fc.property(anyCidr, (each) => {
      fc.pre(each.address.family === 4 || !isMapped(each.address.value));
      return isSameCidr(cidr(formatCidr(each)), each);
    }),
  );
});

t.test("first and last address agree with the ip-address package", async () => {
  fc.assert(
    fc.property(anyCidr, (each) => {
      const theirs = oracle(each);
      return (
        networkAddress(each).value === theirs.startAddress().bigInt() &&
        lastAddress(each).value === theirs.endAddress().bigInt()
      );
    }),
  );
});

t.test("a network contains exactly the addresses from its first to its last", async () => {
  fc.assert(
    fc.property(anyCidr, anyAddress, (each, address) => {
      const inside =
        address.family === each.address.family &&
        address.value >= networkAddress(each).value &&
        address.value <= lastAddress(each).value;
      return containsAddress(each, address) === inside;
    }),
  );
  fc.assert(fc.property(anyCidr, (each) => containsAddress(each, each.address)));
});

t.test("two networks overlap when one contains the other, whichever is asked", async () => {
  fc.assert(
    fc.property(anyCidr, anyCidr, (a, b) => {
      const sameFamily = a.address.family === b.address.family;
      const theirs =
        sameFamily &&
        networkAddress(a).value <= lastAddress(b).value &&
        networkAddress(b).value <= lastAddress(a).value;
      return overlaps(a, b) === theirs && overlaps(b, a) === theirs;
    }),
  );
});

t.test("a subnet has no host bits and is its own subnet", async (t) => {
  t.equal(formatCidr(subnetOf(cidr("10.1.2.3/24"))), "10.1.2.0/24");
  t.ok(hasHostBits(cidr("10.1.2.3/24")));
  t.notOk(hasHostBits(cidr("10.1.2.0/24")));
  fc.assert(
    fc.property(anyCidr, (each) => {
      const subnet = subnetOf(each);
      return !hasHostBits(subnet) && isSameCidr(subnetOf(subnet), subnet);
    }),
  );
});

t.test("an address alone is a network of one", async (t) => {
  t.equal(formatCidr(hostCidr(cidr("10.1.2.3/24").address)), "10.1.2.3/32");
  t.equal(formatCidr(hostCidr(cidr("::1/64").address)), "::1/128");
  fc.assert(
    fc.property(anyAddress, (address) => isSameAddress(lastAddress(hostCidr(address)), address)),
  );
});

t.test("the last IPv4 address of a network is its broadcast address", async (t) => {
  t.equal(formatAddress(lastAddress(cidr("192.168.1.77/25"))), "192.168.1.127");
  t.equal(formatAddress(lastAddress(cidr("0.0.0.0/0"))), "255.255.255.255");
});
