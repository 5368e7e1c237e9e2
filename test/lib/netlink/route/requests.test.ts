import t from "tap";
import { parseAddress } from "../../../../lib/ip/address.ts";
import { parseCidr } from "../../../../lib/ip/cidr.ts";
import type { NetlinkRequest } from "../../../../lib/netlink/message.ts";
import { encodeAddAddress } from "../../../../lib/netlink/route/addresses.ts";
import { encodeAddPortVlans } from "../../../../lib/netlink/route/bridge-vlans.ts";
import {
  encodeChangeLink,
  encodeCreateLink,
  encodeGetLink,
} from "../../../../lib/netlink/route/links.ts";
import { encodeAddRoute } from "../../../../lib/netlink/route/routes.ts";
import { encodeAddRule } from "../../../../lib/netlink/route/rules.ts";
import { required } from "../../../support/required.ts";

/** Each request byte by byte; that Linux takes them for what they say is tested in lib/kernel. */
const cases: readonly [NetlinkRequest, type: number, label: string, ...bytes: string[]][] = [
  [
    encodeCreateLink({
      kind: "veth",
      name: "vetha",
      mtu: 1400,
      master: 7,
      mac: Uint8Array.of(2, 0, 0, 0, 0, 1),
      peer: { name: "eth0", netnsFd: 5 },
    }),
    16,
    'create veth "vetha"',
    "00000000000000000000000000000000", // ifinfomsg
    "0a000300 766574686100 0000", // IFLA_IFNAME "vetha"
    "0a000100 020000000001 0000", // IFLA_ADDRESS
    "08000400 78050000", // IFLA_MTU 1400
    "08000a00 07000000", // IFLA_MASTER
    "3c001200", // IFLA_LINKINFO
    "09000100 7665746800 000000", //   IFLA_INFO_KIND "veth"
    "2c000200", //   IFLA_INFO_DATA
    "28000100", //     VETH_INFO_PEER
    "00000000000000000000000000000000", //       ifinfomsg
    "09000300 6574683000 000000", //       IFLA_IFNAME "eth0"
    "08001c00 05000000", //       IFLA_NET_NS_FD
  ],
  [
    encodeCreateLink({ kind: "bridge", name: "cni0", vlanFiltering: true }),
    16,
    'create bridge "cni0"',
    "00000000000000000000000000000000",
    "09000300 636e693000 000000",
    "19001200", // IFLA_LINKINFO
    "0b000100 62726964676500 00", //   IFLA_INFO_KIND "bridge"
    "09000200", //   IFLA_INFO_DATA
    "05000700 01", //     IFLA_BR_VLAN_FILTERING
  ],
  [
    encodeChangeLink(3, "vetha", { isUp: true, bridgePort: { hairpin: true, isolated: false } }),
    16,
    'set up, bridgePort of "vetha"',
    "00000000 03000000 01000000 01000000", // ifinfomsg: index 3, flag and mask IFF_UP
    "21001200", // IFLA_LINKINFO
    "0b000400 62726964676500 00", //   IFLA_INFO_SLAVE_KIND "bridge"
    "11000500", //   IFLA_INFO_SLAVE_DATA
    "05000400 01 000000", //     IFLA_BRPORT_MODE
    "05002100 00", //     IFLA_BRPORT_ISOLATED
  ],
  [
    encodeGetLink("eth0"),
    18,
    'get link "eth0"',
    "00000000000000000000000000000000",
    "09000300 6574683000 000000",
    "08001d00 08000000", // IFLA_EXT_MASK RTEXT_FILTER_SKIP_STATS
  ],
  [
    encodeGetLink("a-name-of-more-than-fifteen"),
    18,
    'get link "a-name-of-more-than-fifteen"',
    "00000000000000000000000000000000",
    "20003500 612d6e616d652d6f662d6d6f72652d7468616e2d6669667465656e00", // IFLA_ALT_IFNAME
    "08001d00 08000000",
  ],
  [
    encodeAddAddress(2, { cidr: required(parseCidr("10.1.2.3/24")) }),
    20,
    "add address 10.1.2.3/24",
    "02 18 00 00 02000000", // ifaddrmsg: AF_INET, /24, index 2
    "08000200 0a010203", // IFA_LOCAL
    "08000100 0a010203", // IFA_ADDRESS
    "08000400 0a0102ff", // IFA_BROADCAST
  ],
  [
    encodeAddAddress(2, { cidr: required(parseCidr("2001:db8::2/64")), skipDad: true }),
    20,
    "add address 2001:db8::2/64",
    "0a 40 00 00 02000000",
    "14000200 20010db8000000000000000000000002",
    "14000100 20010db8000000000000000000000002",
    "08000800 02000000", // IFA_FLAGS IFA_F_NODAD
  ],
  [
    encodeAddRoute(
      {
        destination: required(parseCidr("0.0.0.0/0")),
        gateway: required(parseAddress("10.1.2.1")),
        linkIndex: 2,
        mtu: 1400,
        table: 5000,
        priority: 9,
      },
      "join",
    ),
    24,
    "add route default via 10.1.2.1 table 5000 metric 9",
    "02 00 00 00 00 03 00 01 00000000", // rtmsg: AF_INET, RTPROT_BOOT, universe, unicast
    "08000500 0a010201", // RTA_GATEWAY
    "08000400 02000000", // RTA_OIF
    "08000f00 88130000", // RTA_TABLE 5000
    "08000600 09000000", // RTA_PRIORITY
    "0c000800 08000200 78050000", // RTA_METRICS: RTAX_MTU 1400
  ],
  [
    encodeAddPortVlans(3, "vetha", [
      { id: 100, isPvid: true, isUntagged: true },
      { id: 200, isPvid: false, isUntagged: false },
    ]),
    19,
    'add VLANs 100, 200 to bridge port "vetha"',
    "07000000 03000000 00000000 00000000", // ifinfomsg: AF_BRIDGE, index 3
    "1c001a00", // IFLA_AF_SPEC
    "06000000 0100 0000", //   IFLA_BRIDGE_FLAGS BRIDGE_FLAGS_MASTER
    "08000200 0600 6400", //   IFLA_BRIDGE_VLAN_INFO PVID|UNTAGGED 100
    "08000200 0000 c800", //   IFLA_BRIDGE_VLAN_INFO 200
  ],
  [
    encodeAddRule({ source: required(parseCidr("10.1.2.3/32")), table: 100 }),
    32,
    "add rule from 10.1.2.3/32 lookup 100",
    "02 00 20 00 00 00 00 01 00000000", // fib_rule_hdr: /32 source, FR_ACT_TO_TBL
    "08000200 0a010203", // FRA_SRC
    "08000f00 64000000", // FRA_TABLE
  ],
];

for (const [request, type, label, ...bytes] of cases) {
  t.test(`"${request.label}" is laid out as the kernel's headers say`, (t) => {
    t.equal(request.type, type);
    t.equal(request.label, label);
    t.equal(Buffer.from(request.payload).toString("hex"), bytes.join("").replaceAll(" ", ""));
    t.end();
  });
}
