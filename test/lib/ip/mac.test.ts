import fc from "fast-check";
import t from "tap";
import { formatMac, isSameMac, parseMac, randomMac } from "../../../lib/ip/mac.ts";

t.test("a MAC address is read in each of its spellings and printed with colons", async (t) => {
  const spellings = [
    ["00:00:5e:00:53:01", "00:00:5e:00:53:01"],
    ["00-00-5E-00-53-01", "00:00:5e:00:53:01"],
    ["0000.5E00.5301", "00:00:5e:00:53:01"],
    ["02:00:5e:10:00:00:00:01", "02:00:5e:10:00:00:00:01"],
    ["0200.5e10.0000.0001", "02:00:5e:10:00:00:00:01"],
    [
      "00-00-00-00-fe-80-00-00-00-00-00-00-02-00-5e-10-00-00-00-01",
      "00:00:00:00:fe:80:00:00:00:00:00:00:02:00:5e:10:00:00:00:01",
    ],
  ] as const;
  for (const [written, printed] of spellings) {
    const bytes = parseMac(written);
    t.equal(bytes && formatMac(bytes), printed, written);
  }
});

t.test("what is not a MAC address is refused", async (t) => {
  const malformed = [
    "",
    "00005e005301",
    "00:00:5e:00:53",
    "00:00:5e:00:53:01:02",
    "00:00-5e:00:53:01", // two kinds of separators
    "0:0:5e:0:53:1",
    "00:00:5e:00:53:0g",
    "0000.5e00",
    "00.00.5e.00.53.01",
    "00:00:5e:00:53:01 ",
    "0000:5e00:5301",
  ];
  for (const text of malformed) t.equal(parseMac(text), undefined, JSON.stringify(text));
});

t.test("any six bytes survive being printed", async () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 6, maxLength: 6 }), (bytes) => {
      const read = parseMac(formatMac(bytes));
      return read !== undefined && isSameMac(read, bytes);
    }),
  );
});

t.test("a random MAC address is locally administered, and one interface's alone", async (t) => {
  for (let count = 0; count < 100; count++) {
    const [first = 0] = randomMac();
    t.equal(first & 0b11, 0b10);
  }
  t.notOk(isSameMac(randomMac(), randomMac()));
});
