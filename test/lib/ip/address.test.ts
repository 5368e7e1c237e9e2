import fc from "fast-check";
import { Address4, Address6 } from "ip-address";
import t from "tap";
import {
  type Address,
  addressFromBytes,
  addressToBytes,
  compareAddresses,
  formatAddress,
  isMapped,
  isSameAddress,
  offsetAddress,
  parseAddress,
  parseLiteral,
} from "../../../lib/ip/address.ts";
import { anyAddress, anyIpv4, anyIpv6 } from "../../support/ip.ts";

t.test("an address is printed in the one form that both suites name files by", async (t) => {
  const canonical = [
    ["10.1.2.3", "10.1.2.3"],
    ["0.0.0.0", "0.0.0.0"],
    ["255.255.255.255", "255.255.255.255"],
    ["::", "::"],
    ["0:0:0:0:0:0:0:1", "::1"],
    ["1::", "1::"],
    ["2001:DB8::0001", "2001:db8::1"],
    ["2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"], // the first of two equally long runs
    ["1:0:0:2:0:0:0:3", "1:0:0:2::3"], // the longest run
    ["1:2:3:4:5:6:0:8", "1:2:3:4:5:6:0:8"], // one group alone is not compressed
    ["1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"],
    ["::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"],
    ["::1.2.3.4", "::102:304"],
    ["64:ff9b::192.0.2.33", "64:ff9b::c000:221"],
    ["::ffff:1.2.3.4", "1.2.3.4"], // an IPv4-mapped address counts as IPv4
    ["::FFFF:102:304", "1.2.3.4"],
  ] as const;
  for (const [written, printed] of canonical) {
    const address = parseAddress(written);
    t.equal(address && formatAddress(address), printed, written);
  }
});

t.test("what is not an address is refused", async (t) => {
  const malformed = [
    "",
    " ",
    "1.2.3",
    "1.2.3.4.5",
    "01.2.3.4",
    "1.2.3.00",
    "256.1.1.1",
    "1.2.3.4 ",
    "+1.2.3.4",
    "0x1.2.3.4",
    "1.2.3.4/24",
    "1..2.3",
    "١.2.3.4",
    ":",
    ":::",
    "1:2:3:4:5:6:7",
    "1:2:3:4:5:6:7:8:9",
    "1:2:3:4:5:6:7::8", // "::" that stands for nothing
    "1::2::3",
    ":1:2:3:4:5:6:7",
    "1:2:3:4:5:6:7:",
    "12345::",
    "g::",
    "fe80::1%eth0",
    "::1.2.3",
    "::01.2.3.4",
    "1.2.3.4::",
    "::1.2.3.4:5",
    "1:2:3:4:5:6:7:1.2.3.4",
    "[::1]",
    "localhost",
  ];
  for (const text of malformed) t.equal(parseAddress(text), undefined, JSON.stringify(text));
});

t.test("IPv4 text agrees with the ip-address package, both ways", async () => {
  fc.assert(
    fc.property(anyIpv4, (address) => {
      const text = Address4.fromBigInt(address.value).correctForm();
      return formatAddress(address) === text && sameAs(parseAddress(text), address);
    }),
  );
});

t.test("IPv6 text agrees with the ip-address package, both ways", async () => {
  fc.assert(
    fc.property(anyIpv6, (address) => {
      fc.pre(!isMapped(address.value));
      const theirs = Address6.fromBigInt(address.value);
      return (
        formatAddress(address) === theirs.correctForm() &&
        sameAs(parseAddress(theirs.correctForm()), address) &&
        sameAs(parseAddress(theirs.canonicalForm()), address)
      );
    }),
  );
});

t.test("an IPv4-mapped address keeps its family where the kernel means IPv6", async (t) => {
  const mapped = parseLiteral("::ffff:1.2.3.4");
  t.equal(mapped?.family, 6);
  t.equal(mapped && formatAddress(mapped), "::ffff:1.2.3.4");
  t.same(parseLiteral("1.2.3.4"), parseAddress("1.2.3.4"));
  t.equal(parseLiteral("nonsense:"), undefined);
});

t.test("bytes are in network order and survive the way there and back", async (t) => {
  const bytes = (text: string) => [...addressToBytes(parseLiteral(text) as Address)];
  t.same(bytes("10.1.2.3"), [10, 1, 2, 3]);
  t.same(bytes("2001:db8::1"), [0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
  fc.assert(
    fc.property(anyAddress, (address) =>
      sameAs(addressFromBytes(addressToBytes(address)), address),
    ),
  );
  t.throws(() => addressFromBytes(new Uint8Array(5)), /4 or 16 bytes, not 5/);
});

t.test("addresses are ordered by family, then by number", async () => {
  fc.assert(
    fc.property(anyAddress, anyAddress, (a, b) => {
      const order = compareAddresses(a, b);
      if (a.family !== b.family) return order < 0 === a.family < b.family;
      return Math.sign(order) === (a.value < b.value ? -1 : a.value > b.value ? 1 : 0);
    }),
  );
});

t.test("an offset ends at the edge of the family's numbers", async (t) => {
  const move = (text: string, count: number) => {
    const moved = offsetAddress(parseAddress(text) as Address, count);
    return moved && formatAddress(moved);
  };
  t.equal(move("10.0.0.255", 1), "10.0.1.0");
  t.equal(move("10.0.1.0", -1), "10.0.0.255");
  t.equal(move("2001:db8::ffff:ffff", 1), "2001:db8::1:0:0");
  t.equal(move("255.255.255.255", 1), undefined);
  t.equal(move("0.0.0.0", -1), undefined);
  t.equal(move("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 1), undefined);
});

function sameAs(actual: Address | undefined, wanted: Address): boolean {
  return actual !== undefined && isSameAddress(actual, wanted);
}
