import fc from "fast-check";
import t from "tap";
import {
  type Attribute,
  AttributeMap,
  be16,
  be32,
  be64,
  bytes,
  encodeAttributes,
  listAttributes,
  MalformedAttributeError,
  nested,
  text,
  u8,
} from "../../../../lib/netlink/netfilter/attributes.ts";

function hex(...attributes: Attribute[]): string {
  return encodeAttributes(attributes).toString("hex");
}

t.test("attributes have the bytes that nft sends", (t) => {
  // Recorded from nft 1.0.6: NFTA_TABLE_NAME, NFTA_CHAIN_POLICY, NFTA_CHAIN_HOOK.
  t.equal(hex(text(1, "patchbay")), "0d0001007061746368626179" + "00" + "000000");
  t.equal(hex(be32(5, 1)), "0800050000000001");
  t.equal(
    hex(nested(4, be32(1, 0), be32(2, -300))),
    "14000480" + "0800010000000000" + "08000200fffffed4",
  );
  t.equal(hex(u8(1, 6), be16(3, 53)), "0500010006000000" + "0600030000350000");
  t.equal(hex(be64(3, 42n)), "0c000300000000000000002a");
  t.end();
});

t.test("what is encoded is decoded to the same", (t) => {
  const anyAttribute = fc.record({
    type: fc.integer({ min: 0, max: 0x3fff }),
    value: fc.uint8Array({ maxLength: 40 }),
  });
  fc.assert(
    fc.property(fc.array(anyAttribute, { maxLength: 8 }), (attributes) => {
      const decoded = listAttributes(encodeAttributes(attributes));
      t.same(
        decoded.map(({ type, value }) => [type, [...value]]),
        attributes.map(({ type, value }) => [type, [...value]]),
      );
    }),
  );
  t.end();
});

t.test("values are read in the form that they were written in", (t) => {
  const message = encodeAttributes([
    text(1, "name"),
    be16(2, 65_535),
    be32(3, 0xffff_ff00),
    be64(4, 2n ** 63n),
    u8(5, 132),
    nested(6, nested(1, be32(1, 7)), nested(1, be32(1, 8))),
    bytes(7, Uint8Array.of(1, 2, 3)),
  ]);
  const map = new AttributeMap(message);
  t.equal(map.text(1), "name");
  t.equal(map.be16(2), 65_535);
  t.equal(map.be32(3), 0xffff_ff00);
  t.equal(map.be64(4), 2n ** 63n);
  t.equal(map.u8(5), 132);
  t.same(
    map.list(6).map((member) => member.be32(1)),
    [7, 8],
  );
  t.same([...(map.bytes(7) ?? [])], [1, 2, 3]);
  t.equal(map.text(8), undefined);
  t.same(map.list(8), []);
  t.end();
});

t.test("an attribute that claims more than there is, is refused", (t) => {
  for (const broken of ["0900010000000000", "03000100", "ffff0100"]) {
    t.throws(() => listAttributes(Buffer.from(broken, "hex")), MalformedAttributeError, broken);
  }
  t.end();
});

t.test("an attribute that is too long for its length is refused", (t) => {
  t.throws(() => encodeAttributes([bytes(1, new Uint8Array(0xffff))]), RangeError);
  t.end();
});
