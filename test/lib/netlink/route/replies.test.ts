import fc from "fast-check";
import t from "tap";
import { formatAddress } from "../../../../lib/ip/address.ts";
import { formatCidr } from "../../../../lib/ip/cidr.ts";
import { decodeAddress } from "../../../../lib/netlink/route/addresses.ts";
import { decodePortVlans } from "../../../../lib/netlink/route/bridge-vlans.ts";
import { decodeLink } from "../../../../lib/netlink/route/link-state.ts";
import { decodeNeighbour } from "../../../../lib/netlink/route/neighbours.ts";
import { decodeRoute } from "../../../../lib/netlink/route/routes.ts";
import { decodeRule } from "../../../../lib/netlink/route/rules.ts";
import { required } from "../../../support/required.ts";

/** Replies as Linux 6.18 sent them, less what these tests do not look at. */
function message(type: number, ...hex: string[]) {
  const payload = Buffer.from(hex.join("").replaceAll(" ", ""), "hex");
  return { type, flags: 2, sequence: 1, payload };
}

t.test("a bridge port is decoded with its owner, its peer and how the bridge treats it", (t) => {
  const link = decodeLink(
    message(
      16,
      "00000100 03000000 03100000 00000000", // ifinfomsg: ARPHRD_ETHER, index 3, UP|BROADCAST|MULTICAST
      "0a000300 766574686100 0000", // IFLA_IFNAME "vetha"
      "05001000 03 000000", // IFLA_OPERSTATE lowerlayerdown
      "08000400 78050000", // IFLA_MTU 1400
      "08000a00 02000000", // IFLA_MASTER 2
      "16001400 70617463686261792f6e2f632f6574683000 0000", // IFLA_IFALIAS
      "0a000100 9e82b2b04ca8 0000", // IFLA_ADDRESS
      "30001200", // IFLA_LINKINFO
      "09000100 7665746800 000000", //   IFLA_INFO_KIND "veth"
      "0b000400 62726964676500 00", //   IFLA_INFO_SLAVE_KIND "bridge"
      "14000500 05000400 01 000000 05002100 00 000000", //   IFLA_INFO_SLAVE_DATA: mode, isolated
      "08000500 02000000", // IFLA_LINK 2
      "20003480 1c003500 612d6c6f6e672d616c7465726e61746976652d6e616d6500", // IFLA_PROP_LIST
    ),
  );
  t.same(link, {
    index: 3,
    name: "vetha",
    altNames: ["a-long-alternative-name"],
    kind: "veth",
    mac: "9e:82:b2:b0:4c:a8",
    mtu: 1400,
    isUp: true,
    isPromiscuous: false,
    operState: "lowerlayerdown",
    master: 2,
    bridgePort: { hairpin: true, isolated: false },
    parent: 2,
    alias: "patchbay/n/c/eth0",
  });
  t.end();
});

t.test("an ECMP route is decoded with all of its next hops", (t) => {
  const route = required(
    decodeRoute(
      message(
        24,
        "02 10 00 00 fe 03 00 01 00000000", // rtmsg: AF_INET, /16, main, boot, universe, unicast
        "08000f00 fe000000", // RTA_TABLE
        "08000100 0a090000", // RTA_DST
        "0c000800 08000200 14050000", // RTA_METRICS: RTAX_MTU 1300
        "24000900", // RTA_MULTIPATH
        "10001000 02000000 08000500 0a010002",
        "10001000 02000000 08000500 0a010003",
      ),
    ),
  );
  t.equal(formatCidr(route.destination), "10.9.0.0/16");
  t.equal(route.mtu, 1300);
  t.match(route, { table: 254, scope: 0, protocol: 3, type: 1 });
  t.same(
    route.nextHops.map(({ linkIndex, gateway }) => [linkIndex, formatAddress(required(gateway))]),
    [
      [2, "10.1.0.2"],
      [2, "10.1.0.3"],
    ],
  );
  t.end();
});

t.test("a connected route has a scope and no gateway", (t) => {
  const route = decodeRoute(
    message(
      24,
      "02 18 00 00 fe 02 fd 01 10000000",
      "08000f00 fe000000",
      "08000100 0a010000",
      "08000700 0a010001", // RTA_PREFSRC
      "08000400 02000000", // RTA_OIF
    ),
  );
  t.match(route, { scope: 253, protocol: 2, linkIndex: 2, gateway: undefined });
  t.end();
});

t.test("an address that is still being checked for duplicates says so", (t) => {
  const address = required(
    decodeAddress(
      message(
        20,
        "0a 40 c0 00 02000000", // ifaddrmsg: AF_INET6, /64, permanent|tentative
        "14000100 20010db8000000000000000000000002",
        "08000800 c0000000", // IFA_FLAGS
      ),
    ),
  );
  t.equal(formatCidr(address.cidr), "2001:db8::2/64");
  t.match(address, { linkIndex: 2, isTentative: true, isDuplicate: false });
  t.end();
});

t.test("the VLANs of a port are read from an attribute that is repeated", (t) => {
  const { portIndex, vlans } = decodePortVlans(
    message(
      16,
      "07000100 03000000 03100000 00000000",
      "14001a00 08000200 0600 6400 08000200 0000 c800", // IFLA_AF_SPEC
    ),
  );
  t.equal(portIndex, 3);
  t.same(vlans, [
    { id: 100, isPvid: true, isUntagged: true },
    { id: 200, isPvid: false, isUntagged: false },
  ]);
  t.end();
});

t.test("messages of other kinds are passed over", (t) => {
  const other = message(3, "00000000");
  for (const decode of [decodeLink, decodeAddress, decodeRoute, decodeNeighbour, decodeRule]) {
    t.equal(decode(other), undefined);
  }
  t.end();
});

t.test("no reply whatever makes a decoder hang or fail with anything but an Error", (t) => {
  const decoders: [number, (message: ReturnType<typeof randomMessage>) => unknown][] = [
    [16, decodeLink],
    [16, decodePortVlans],
    [20, decodeAddress],
    [24, decodeRoute],
    [28, decodeNeighbour],
    [32, decodeRule],
  ];
  function randomMessage(type: number, bytes: Uint8Array) {
    return { type, flags: 0, sequence: 0, payload: Buffer.from(bytes) };
  }
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 120 }), (bytes) => {
      for (const [type, decode] of decoders) {
        try {
          decode(randomMessage(type, bytes));
        } catch (error) {
          if (!(error instanceof Error)) throw error;
        }
      }
    }),
    { numRuns: 1_000 },
  );
  t.end();
});
