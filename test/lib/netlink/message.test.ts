import fc from "fast-check";
import t from "tap";
import {
  decodeMessages,
  encodeMessages,
  MalformedMessageError,
} from "../../../lib/netlink/message.ts";

t.test("a message is its header, its payload and padding to four bytes", (t) => {
  const datagram = encodeMessages([
    { type: 18, flags: 0x305, sequence: 7, payload: Buffer.from("abcde") },
    { type: 2, flags: 0, sequence: 8, payload: Buffer.of() },
  ]);
  const expected = [
    "15000000", // length 21
    "1200", // type
    "0503", // flags
    "07000000", // sequence
    "00000000", // port
    "6162636465",
    "000000", // padding
    "10000000",
    "0200",
    "0000",
    "08000000",
    "00000000",
  ].join("");
  t.equal(datagram.toString("hex"), expected);
  t.end();
});

t.test("what was encoded is decoded to the same messages", (t) => {
  const message = fc.record({
    type: fc.nat(0xffff),
    flags: fc.nat(0xffff),
    sequence: fc.nat(0xffff_ffff),
    payload: fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
  });
  fc.assert(
    fc.property(fc.array(message, { maxLength: 5 }), (messages) => {
      t.same(decodeMessages(encodeMessages(messages)), messages);
    }),
    { numRuns: 50 },
  );
  t.end();
});

t.test("a datagram that breaks off is refused with the place where it does", (t) => {
  const whole = encodeMessages([{ type: 1, flags: 0, sequence: 1, payload: Buffer.alloc(8) }]);
  t.throws(() => decodeMessages(whole.subarray(0, 9)), {
    name: "MalformedMessageError",
    message: "Netlink datagram ends 9 bytes into a header",
  });
  t.throws(() => decodeMessages(whole.subarray(0, 20)), {
    name: "MalformedMessageError",
    message: "Netlink message claims 24 bytes where 20 are left",
  });
  t.end();
});

t.test("no bytes whatever make decoding hang or fail in another way", (t) => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      try {
        decodeMessages(Buffer.from(bytes));
      } catch (error) {
        if (!(error instanceof MalformedMessageError)) throw error;
      }
    }),
    { numRuns: 2_000 },
  );
  t.end();
});
