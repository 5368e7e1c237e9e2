import { mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import t, { type Test } from "tap";
import { type Holding, OwnerTable } from "../../../ipam/host-local/owner-table.ts";
import { formatAddress } from "../../../lib/ip/address.ts";
import { anyAddress } from "../../support/ip.ts";

function pathFor(t: Test): string {
  const folder = mkdtempSync(join(tmpdir(), "patchbay-owners-"));
  t.teardown(() => rmSync(folder, { recursive: true }));
  return join(folder, "owners");
}

const ownerOf = (number: number) => `container${number}\r\neth0`;
const keyOf = ({ owner, address }: Holding) => `${owner} ${formatAddress(address)}`;

/** Few owners, so that many have several addresses. */
const anyHolding: fc.Arbitrary<Holding> = fc.record({
  owner: fc.integer({ min: 0, max: 20 }).map(ownerOf),
  address: anyAddress,
});

type Change = { readonly kind: "insert" | "remove" } & Holding;
const anyChange: fc.Arbitrary<Change> = fc
  .tuple(fc.constantFrom("insert" as const, "remove" as const), anyHolding)
  .map(([kind, holding]) => ({ kind, ...holding }));

t.test("an owner's addresses are found, and no other's", async (t) => {
  const path = pathFor(t);
  fc.assert(
    fc.property(
      fc.uniqueArray(anyHolding, { selector: keyOf, maxLength: 100 }),
      fc.array(anyChange, { maxLength: 200 }),
      (initial, changes) => {
        const model = new Map(initial.map((holding) => [keyOf(holding), holding]));
        const table = OwnerTable.create(path, initial);
        const known = [...initial];
        for (const { kind, ...holding } of changes) {
          // What is removed is now and then something that is there.
          const each = kind === "remove" ? (known.pop() ?? holding) : holding;
          if (kind === "remove") {
            table.remove(each);
            model.delete(keyOf(each));
          } else if (!model.has(keyOf(each))) {
            table.insert(each);
            known.push(each);
            model.set(keyOf(each), each);
          }
        }
        for (let number = 0; number <= 20; number++) {
          const owner = ownerOf(number);
          const expected = [...model.values()].filter((holding) => holding.owner === owner);
          t.same(
            table.find(owner).map(formatAddress).sort(),
            expected.map(({ address }) => formatAddress(address)).sort(),
          );
        }
        table.close();
        return t.passing();
      },
    ),
    { numRuns: 60 },
  );
});

t.test("thousands of owners come and go, and each is found", async (t) => {
  const table = OwnerTable.create(pathFor(t), []);
  const addressOf = (number: number) => ({ family: 4, value: BigInt(number) }) as const;
  for (let number = 0; number < 3000; number++) {
    table.insert({ owner: ownerOf(number), address: addressOf(number) });
    if (number >= 500) {
      table.remove({ owner: ownerOf(number - 500), address: addressOf(number - 500) });
    }
  }
  const found = Array.from({ length: 3000 }, (_, number) => table.find(ownerOf(number)).length);
  t.same(found, [...Array(2500).fill(0), ...Array(500).fill(1)]);
  table.close();
});

t.test("a table is as it was when it is opened again, with its seal", async (t) => {
  const path = pathFor(t);
  const holding: Holding = { owner: ownerOf(1), address: { family: 6, value: 1n << 100n } };
  const table = OwnerTable.create(path, [holding]);
  t.equal(table.seal, "");
  table.writeSeal("a seal");
  table.close();
  const again = OwnerTable.find(path);
  t.equal(again?.seal, "a seal");
  t.same(again?.find(holding.owner), [holding.address]);
  again?.close();
});

t.test("what is no table, or was cut short, is not taken for one", async (t) => {
  const path = pathFor(t);
  t.equal(OwnerTable.find(path), undefined, "nothing");
  for (const content of ["", "PBINDEX1", "x".repeat(8704)]) {
    writeFileSync(path, content);
    t.equal(OwnerTable.find(path), undefined, content.slice(0, 10));
  }
  OwnerTable.create(path, []).close();
  truncateSync(path, 1024);
  t.equal(OwnerTable.find(path), undefined, "cut short");
});
