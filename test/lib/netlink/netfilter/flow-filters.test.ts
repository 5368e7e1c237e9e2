import t from "tap";
import { parseAddress } from "../../../../lib/ip/address.ts";
import {
  encodeDeleteFlows,
  encodeListFlows,
  type FlowFilter,
  isExact,
  quickLook,
} from "../../../../lib/netlink/netfilter/flow-filters.ts";
import { required } from "../../../support/required.ts";

function address(text: string) {
  return required(parseAddress(text));
}

const hex = (payload: Uint8Array) => Buffer.from(payload).toString("hex");

t.test("the kernel deletes what has an IPv4 address, in the direction that is meant", (t) => {
  const source = address("10.88.0.2");
  const answered = encodeDeleteFlows({ family: 4, reply: { source } });
  t.equal(answered.type, 0x102);
  t.equal(
    hex(answered.payload),
    "02000000" +
      "10000280" + // CTA_TUPLE_REPLY
      "0c000180080001000a580002" + // CTA_TUPLE_IP, CTA_IP_V4_SRC
      "140019800800010000000000" + // CTA_FILTER, CTA_FILTER_ORIG_FLAGS
      "0800020001000000", // CTA_FILTER_REPLY_FLAGS
  );
  const sent = encodeDeleteFlows({ family: 4, original: { source } });
  t.match(hex(sent.payload), "100001800c000180080001000a580002");
  t.match(hex(sent.payload), "0800010001000000");
  t.end();
});

t.test("a port is looked at together with its protocol", (t) => {
  const service = { protocol: 17, destinationPort: 53 };
  const filter = { family: 4, original: { destination: address("192.0.2.1"), service } } as const;
  t.equal(
    hex(encodeListFlows(filter).payload),
    "02000000" +
      "24000180" +
      "0c00018008000200c0000201" +
      "1400028005000100110000000600030000350000" +
      "1400198008000100" +
      "2a000000" +
      "0800020000000000",
  );
  t.end();
});

t.test("nothing is deleted that does not fit", (t) => {
  const source = address("fd00:88::2");
  const wrong: FlowFilter[] = [
    { family: 4 },
    { family: 6 },
    { family: 4, original: {}, reply: {} },
    // Kernels delete all but those that have the address.
    { family: 6, original: { source } },
    { family: 6, reply: { destination: source, service: { protocol: 6, destinationPort: 80 } } },
  ];
  for (const filter of wrong) {
    t.throws(() => encodeDeleteFlows(filter), RangeError, JSON.stringify(filter.family));
  }
  t.notOk(isExact({ family: 6, original: { source } }));
  t.equal(hex(encodeListFlows({ family: 6, original: { source } }).payload).length, 2 * 24);
  t.end();
});

t.test("a message that does not have the addresses anywhere is not looked at twice", (t) => {
  const filter = { family: 4, reply: { source: address("10.88.0.2") } } as const;
  const message = (text: string) => ({ payload: Buffer.from(text, "hex") });
  t.ok(quickLook([filter])(message("02000000080001000a580002")));
  t.notOk(quickLook([filter])(message("02000000080001000a580003")));
  t.ok(quickLook([filter, { family: 4 }])(message("02000000")));
  t.end();
});
