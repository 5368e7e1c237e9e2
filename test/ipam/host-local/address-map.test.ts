import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import t, { type Test } from "tap";
import { AddressMap } from "../../../ipam/host-local/address-map.ts";
import { type Address, formatAddress } from "../../../lib/ip/address.ts";
import { address } from "../../support/ip.ts";

function folderFor(t: Test): string {
  const folder = mkdtempSync(join(tmpdir(), "patchbay-map-"));
  t.teardown(() => rmSync(folder, { recursive: true }));
  return folder;
}

const textOf = (found: Address | undefined) => found && formatAddress(found);

t.test("the first free address is found as by trying each", async (t) => {
  // Around a border between blocks of addresses.
  const base = address("10.0.255.240").value;
  const at = (offset: number): Address => ({ family: 4, value: base + BigInt(offset) });
  const offset = fc.integer({ min: 0, max: 31 });
  const changes = fc.array(fc.record({ isTaken: fc.boolean(), offset }), { maxLength: 60 });
  fc.assert(
    fc.property(fc.uniqueArray(offset), changes, offset, offset, (initial, changes, a, b) => {
      const folder = folderFor(t);
      new AddressMap(folder).fill(initial.map(at));
      const [taken, map] = [new Set(initial), new AddressMap(folder)];
      for (const { isTaken, offset } of changes) {
        if (isTaken) map.add(at(offset));
        else map.remove(at(offset));
        if (isTaken) taken.add(offset);
        else taken.delete(offset);
      }
      const [first, last] = [Math.min(a, b), Math.max(a, b)];
      const expected = Array.from({ length: last - first + 1 }, (_, index) => first + index).find(
        (offset) => !taken.has(offset),
      );
      for (const each of [map, new AddressMap(folder)]) {
        t.equal(
          textOf(each.findFree(at(first), at(last))),
          expected === undefined ? undefined : textOf(at(expected)),
        );
      }
      return t.passing();
    }),
  );
});

t.test("an IPv6 /64 takes no more room than what is taken of it", async (t) => {
  const folder = folderFor(t);
  const map = new AddressMap(folder);
  const last = address("2001:db8::ffff:ffff:ffff:ffff");
  t.equal(textOf(map.findFree(address("2001:db8::2"), last)), "2001:db8::2");
  map.add(address("2001:db8::2"));
  map.add(address("2001:db8::1:0:0:3"));
  t.equal(textOf(map.findFree(address("2001:db8::2"), last)), "2001:db8::3");
  t.equal(readdirSync(folder).length, 2);
});

t.test("full blocks are passed over until one has room", async (t) => {
  const folder = folderFor(t);
  const first = address("10.0.0.0");
  const all = Array.from(
    { length: 3 * 65_536 },
    (_, index): Address => ({
      family: 4,
      value: first.value + BigInt(index),
    }),
  );
  new AddressMap(folder).fill(all);
  const map = new AddressMap(folder);
  t.equal(textOf(map.findFree(first, address("10.255.255.255"))), "10.3.0.0");
  t.equal(map.findFree(first, address("10.2.255.255")), undefined);
  map.remove(address("10.1.7.7"));
  t.equal(textOf(map.findFree(first, address("10.2.255.255"))), "10.1.7.7");
});
