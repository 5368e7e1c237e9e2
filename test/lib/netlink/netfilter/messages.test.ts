import t from "tap";
import type { NetlinkRequest } from "../../../../lib/netlink/message.ts";
import { decodeChain, encodeAddChain } from "../../../../lib/netlink/netfilter/chains.ts";
import {
  encodeFields,
  encodeName,
  encodePort,
  ifName,
  inetProto,
  inetService,
  ipv4Addr,
} from "../../../../lib/netlink/netfilter/data-types.ts";
import { decodeElements, encodeAddElements } from "../../../../lib/netlink/netfilter/elements.ts";
import { encodeTransaction } from "../../../../lib/netlink/netfilter/message.ts";
import { decodeRule, encodeAddRule } from "../../../../lib/netlink/netfilter/rules.ts";
import { encodeAddSet, type NamedSet } from "../../../../lib/netlink/netfilter/sets.ts";
import { iifname, isIn, verdict } from "../../../../lib/netlink/netfilter/statements.ts";
import { encodeAddTable, type Table } from "../../../../lib/netlink/netfilter/tables.ts";
import {
  comment,
  decodeComment,
  encodeComment,
} from "../../../../lib/netlink/netfilter/userdata.ts";

/**
 * Messages recorded with `strace -e sendmsg -xx nft -f FILE` (nft 1.0.6), taken apart by attribute.
 * nft also names new sets by number where it names them, and says of concatenations that they are.
 */

const table: Table = { family: "inet", name: "patchbay" };
const tableName = (type: string) => `0d00${type}00706174636862617900000000`;

function hex({ type, flags, payload }: NetlinkRequest): string {
  return `${type.toString(16)} ${flags.toString(16)} ${Buffer.from(payload).toString("hex")}`;
}

/** The kernel shows what was sent: the same attributes in a message of the type "new". */
function echo(request: NetlinkRequest) {
  const { type, payload } = request;
  return { type, flags: 0, sequence: 0, payload: Buffer.from(payload) };
}

t.test("a table", (t) => {
  const request = encodeAddTable(table, { existence: "create", comment: "published ports" });
  t.equal(
    hex(request),
    `a00 600 01000000${tableName("01")}16000600${"00107075626c697368656420706f727473"}000000`,
  );
  t.end();
});

t.test("a base chain", (t) => {
  const hook = { type: "nat", hook: "prerouting", priority: -90 } as const;
  const request = encodeAddChain({ table, name: "prerouting", hook }, "ensure");
  t.equal(
    hex(request),
    `a03 400 01000000${tableName("01")}` +
      `0f000300${"7072657726f7574696e67".replace("57726", "5726")}0000` +
      `08000700${"6e617400"}0800050000000001` +
      "1400048008000100000000000800020" +
      "0ffffffa6",
  );
  t.match(decodeChain(echo(request), table), { name: "prerouting", comment: undefined });
  t.equal(decodeChain(echo(request), { family: "inet", name: "other" }), undefined);
  t.end();
});

const owners: NamedSet = { table, name: "portmap_owners", key: [ifName] };
const ports: NamedSet = {
  table,
  name: "published_ip",
  key: [ipv4Addr, inetProto, inetService],
  value: [ipv4Addr, inetService],
};

t.test("a set of interface names", (t) => {
  t.equal(
    hex(encodeAddSet(owners, "ensure", 1)),
    `a09 400 01000000${tableName("01")}${"13000200706f72746d61705f6f776e65727300"}00` +
      "0800030000000000" +
      "0800040000000029" +
      "0800050000000010" +
      "08000a0000000001" +
      "0a000d00000401000000" +
      "0000",
  );
  t.end();
});

t.test("a map of concatenations", (t) => {
  t.equal(
    hex(encodeAddSet(ports, "ensure", 2)),
    `a09 400 01000000${tableName("01")}${"110002007075626c69736865645f697000"}000000` +
      "0800030000000008" +
      "080004000000730d" +
      "080005000000000c" +
      "08000600000001cd" +
      "0800070000000008" +
      "08000a0000000002" +
      "10000d00000400000000010400000000",
  );
  t.end();
});

t.test("an element with its owner", (t) => {
  const element = { key: encodeName("a81kd0-Zkq1_x82"), comment: "net/id/eth0" };
  const [request] = encodeAddElements(owners, [element], "ensure");
  if (request === undefined) throw new Error("No message");
  t.equal(
    hex(request),
    `a0c 400 01000000${tableName("01")}${"13000200706f72746d61705f6f776e65727300"}00` +
      "34000380" +
      "30000180" +
      "18000180" +
      "140001006138316b64302d5a6b71315f78383200" +
      "1200060000" +
      "0c6e65742f69642f65746830000000",
  );
  t.match(decodeElements(echo(request)), [{ key: element.key, comment: "net/id/eth0" }]);
  t.end();
});

t.test("an element of a map", (t) => {
  const key = encodeFields([Uint8Array.of(10, 0, 0, 1), Uint8Array.of(6), encodePort(80)]);
  const value = encodeFields([Uint8Array.of(10, 88, 0, 2), encodePort(8080)]);
  const [request] = encodeAddElements(ports, [{ key, value, comment: "web/abc/eth0" }], "ensure");
  if (request === undefined) throw new Error("No message");
  t.equal(
    hex(request),
    `a0c 400 01000000${tableName("01")}${"110002007075626c69736865645f697000"}000000` +
      "40000380" +
      "3c000180" +
      "14000180100001000a0000010600000000500000" +
      "100002800c0001000a5800021f900000" +
      "13000600000d7765622f6162632f6574683000" +
      "00",
  );
  t.match(decodeElements(echo(request)), [{ key, value, comment: "web/abc/eth0" }]);
  t.end();
});

t.test("an element that leads to a chain", (t) => {
  const set: NamedSet = { table, name: "limited", key: [inetService], value: "verdict" };
  const element = { key: encodePort(80), value: { kind: "goto", chain: "if_1" } } as const;
  const [request] = encodeAddElements(set, [element], "create");
  if (request === undefined) throw new Error("No message");
  t.match(decodeElements(echo(request)), [{ target: "if_1", value: undefined }]);
  t.end();
});

t.test("a rule", (t) => {
  const chain = { table, name: "published" };
  const expressions = [
    ...isIn([iifname], "route_localnet"),
    ...verdict({ kind: "goto", chain: "elsewhere" }),
  ];
  const request = encodeAddRule(chain, { expressions, comment: "why" });
  // meta load iifname => reg 1, as recorded
  t.match(
    hex(request),
    "2400018009000100" + "6d65746100000000" + "1400028008000200000000060800010000000001",
  );
  const rule = new Uint8Array([...request.payload, 12, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 7]);
  t.match(decodeRule(echo({ ...request, payload: rule })), {
    chain: "published",
    handle: 7n,
    comment: "why",
    target: "elsewhere",
  });
  t.end();
});

t.test("a long list of elements goes in several messages", (t) => {
  const elements = Array.from({ length: 1000 }, (_, index) => ({
    key: encodeFields([
      Uint8Array.of(10, 0, index >> 8, index & 255),
      Uint8Array.of(6),
      encodePort(1),
    ]),
    value: encodeFields([Uint8Array.of(10, 1, index >> 8, index & 255), encodePort(2)]),
    comment: "c".repeat(127),
  }));
  const requests = encodeAddElements(ports, elements, "create");
  t.equal(requests.flatMap((request) => decodeElements(echo(request))).length, 1000);
  t.ok(requests.every(({ payload }) => payload.length < 0xffff));
  t.same(encodeAddElements(ports, [], "create"), []);
  t.end();
});

t.test("a transaction names its subsystem, and the generation that it presupposes", (t) => {
  const [begin, end] = encodeTransaction([], 258).map(hex);
  t.equal(begin, "10 0 0000000a0800010000000102");
  t.equal(end, "11 0 0000000a");
  t.equal(encodeTransaction([]).map(hex)[0], "10 0 0000000a");
  t.end();
});

t.test("comments are found among other user data, and are not too long for nft", (t) => {
  t.equal(decodeComment(encodeComment("net/id/eth0")), "net/id/eth0");
  t.equal(decodeComment(Buffer.from("0104010000000004776879", "hex")), "why\u0000".slice(0, 3));
  t.equal(decodeComment(undefined), undefined);
  t.equal(decodeComment(Buffer.alloc(0)), undefined);
  t.equal(decodeComment(Buffer.from("05ff01", "hex")), undefined, "user data that breaks off");
  t.throws(() => comment("c".repeat(128)), RangeError);
  t.end();
});
