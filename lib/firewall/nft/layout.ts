import type { NetlinkRequest } from "../../netlink/message.ts";
import { type Chain, encodeAddChain } from "../../netlink/netfilter/chains.ts";
import {
  type DataType,
  ifName,
  inetProto,
  inetService,
  ipv4Addr,
  ipv6Addr,
} from "../../netlink/netfilter/data-types.ts";
import { encodeAddRule, type Rule } from "../../netlink/netfilter/rules.ts";
import { encodeAddSet, type NamedSet } from "../../netlink/netfilter/sets.ts";
import {
  dnatFrom,
  type Field,
  hasPrefix,
  iifname,
  ip6Daddr,
  ip6Saddr,
  ipDaddr,
  ipSaddr,
  isDestinationNatted,
  isFamily,
  isIn,
  isToThisNode,
  l4proto,
  masqueraded,
  thDport,
  verdict,
  verdictFrom,
} from "../../netlink/netfilter/statements.ts";
import { encodeAddTable, type Table } from "../../netlink/netfilter/tables.ts";

/**
 * The table that is ours, as data. It does not grow with the number of containers but in the
 * elements of its sets: README.md beside this file shows it in the words of nft, and tells the way
 * of a packet through it.
 */
export const table: Table = { family: "inet", name: "patchbay" };

const TABLE_COMMENT = "published ports and masquerade of containers; made by patchbay";

/** After everybody at the usual place: whoever knows more of a packet than its port decides. */
const AFTER_DSTNAT = -100 + 10;
const AFTER_SRCNAT = 100 + 10;
const RAW = -300;

/** What there is once for IPv4 and once for IPv6. */
export interface FamilySets {
  /** Where the connections to one address of this node and one of its ports go. */
  readonly ports: NamedSet;
  /** The same for ports of all addresses. */
  readonly portsOfAny: NamedSet;
  /** Which chain decides whether a port is published to this client at all. */
  readonly limitedPorts: NamedSet;
  readonly limitedPortsOfAny: NamedSet;
  /** Containers with published ports. */
  readonly published: NamedSet;
  /** Whose connections to which container get this node's address as their source. */
  readonly snatClients: NamedSet;
  /** The same by the link that the client's packets arrive on. */
  readonly snatLinks: NamedSet;
  /** The same for all connections to a port. */
  readonly snatAll: NamedSet;
  /** Containers that reach the world with this node's address. */
  readonly masquerade: NamedSet;
  /** What they reach with their own. */
  readonly ownSubnet: NamedSet;
}

function set(name: string, key: readonly DataType[], comment: string): NamedSet {
  return { table, name, key, comment };
}

function familySets(address: DataType, suffix: string): FamilySets {
  const map = (name: string, key: DataType[], value: NamedSet["value"], comment: string) => ({
    ...set(`${name}_${suffix}`, key, comment),
    ...(value && { value }),
  });
  const target = [address, inetService];
  return {
    ports: map("ports", [address, inetProto, inetService], target, "host -> container"),
    portsOfAny: map(
      "ports_of_any",
      [inetProto, inetService],
      target,
      "any host address -> container",
    ),
    limitedPorts: map(
      "limited_ports",
      [address, inetProto, inetService],
      "verdict",
      "host ports with conditions",
    ),
    limitedPortsOfAny: map(
      "limited_ports_of_any",
      [inetProto, inetService],
      "verdict",
      "host ports with conditions",
    ),
    published: set(`published_${suffix}`, [address], "containers with published ports"),
    snatClients: set(`snat_clients_${suffix}`, [address, address], "client . container"),
    snatLinks: set(`snat_links_${suffix}`, [address, ifName], "container . link of the client"),
    snatAll: set(`snat_all_${suffix}`, [address, inetProto, inetService], "container ports"),
    masquerade: set(`masquerade_${suffix}`, [address], "containers"),
    ownSubnet: {
      ...set(`own_subnet_${suffix}`, [address, address], "container . its subnet"),
      hasRanges: true,
    },
  };
}

export const setsOf: Readonly<Record<4 | 6, FamilySets>> = {
  4: familySets(ipv4Addr, "ip"),
  6: familySets(ipv6Addr, "ip6"),
};

/** Links on which 127.0.0.0/8 would be routed, were it not for the chain "loopback_guard". */
export const routeLocalnet = set("route_localnet", [ifName], "links with route_localnet=1");

/** Something that attachments have elements for, and what says which attachments do. */
export interface Feature {
  readonly name: "ports" | "masquerade";
  /** One element an attachment: while it is there, all others of the attachment are. */
  readonly owners: NamedSet;
  readonly sets: readonly NamedSet[];
}

const families = [setsOf[4], setsOf[6]];

export const portsFeature: Feature = {
  name: "ports",
  owners: set("port_owners", [ifName], "network/container/interface"),
  sets: families.flatMap((sets) => [
    sets.ports,
    sets.portsOfAny,
    sets.limitedPorts,
    sets.limitedPortsOfAny,
    sets.published,
    sets.snatClients,
    sets.snatLinks,
    sets.snatAll,
  ]),
};

export const masqueradeFeature: Feature = {
  name: "masquerade",
  owners: set("masquerade_owners", [ifName], "network/container/interface"),
  sets: families.flatMap((sets) => [sets.masquerade, sets.ownSubnet]),
};

export const features: readonly Feature[] = [portsFeature, masqueradeFeature];

/** A chain and its rules. */
export interface RuleChain {
  readonly chain: Chain;
  readonly rules: readonly Rule[];
}

interface FamilyFields {
  readonly family: 4 | 6;
  readonly saddr: Field;
  readonly daddr: Field;
  readonly sets: FamilySets;
}

const byFamily: readonly FamilyFields[] = [
  { family: 4, saddr: ipSaddr, daddr: ipDaddr, sets: setsOf[4] },
  { family: 6, saddr: ip6Saddr, daddr: ip6Daddr, sets: setsOf[6] },
];

const loopback4 = Uint8Array.of(127, 0, 0, 0);
const loopback6 = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1);
const multicast4 = Uint8Array.of(224, 0, 0, 0);
const multicast6 = Uint8Array.of(255, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0);

function chain(
  name: string,
  rules: readonly Rule["expressions"][],
  hook?: Chain["hook"],
): RuleChain {
  return {
    chain: { table, name, ...(hook && { hook }) },
    rules: rules.map((expressions) => ({ expressions })),
  };
}

/** Where the chains that decide about conditions send what fulfils them. */
export const TRANSLATE = "translate";

const translations = ({ family, daddr, sets }: FamilyFields) => ({
  ofAddress: dnatFrom(family, [daddr, l4proto, thDport], sets.ports.name),
  ofAny: dnatFrom(family, [l4proto, thDport], sets.portsOfAny.name),
});

/** Chains that others lead to come first: the kernel looks targets up when a rule is added. */
export const chains: readonly RuleChain[] = [
  chain(
    TRANSLATE,
    byFamily.flatMap((fields) => {
      const { ofAddress, ofAny } = translations(fields);
      return [ofAddress, ofAny];
    }),
  ),
  chain(
    "ports",
    byFamily.flatMap((fields) => {
      const { family, daddr, sets } = fields;
      const { ofAddress, ofAny } = translations(fields);
      return [
        verdictFrom([daddr, l4proto, thDport], sets.limitedPorts.name),
        ofAddress,
        [...isFamily(family), ...verdictFrom([l4proto, thDport], sets.limitedPortsOfAny.name)],
        ofAny,
      ];
    }),
  ),
  chain(
    "to_published",
    byFamily.flatMap(({ saddr, daddr, sets }) => [
      [...isIn([saddr, daddr], sets.snatClients.name), ...masqueraded()],
      [...isIn([daddr, iifname], sets.snatLinks.name), ...masqueraded()],
      [...isIn([daddr, l4proto, thDport], sets.snatAll.name), ...masqueraded()],
    ]),
  ),
  chain("to_world", [
    [...hasPrefix(ipDaddr, "==", multicast4, 4), ...verdict({ kind: "return" })],
    [...hasPrefix(ip6Daddr, "==", multicast6, 8), ...verdict({ kind: "return" })],
    ...byFamily.map(({ saddr, daddr, sets }) => [
      ...isIn([saddr, daddr], sets.ownSubnet.name),
      ...verdict({ kind: "return" }),
    ]),
    masqueraded(),
  ]),
  chain(
    "loopback_guard",
    [ipDaddr, ipSaddr].map((field) => [
      ...isIn([iifname], routeLocalnet.name),
      ...hasPrefix(field, "==", loopback4, 8),
      ...verdict({ kind: "drop" }),
    ]),
    { type: "filter", hook: "prerouting", priority: RAW },
  ),
  chain(
    "prerouting",
    [
      [...hasPrefix(ipDaddr, "==", loopback4, 8), ...verdict({ kind: "return" })],
      [...hasPrefix(ip6Daddr, "==", loopback6, 128), ...verdict({ kind: "return" })],
      [...isToThisNode(), ...verdict({ kind: "goto", chain: "ports" })],
    ],
    { type: "nat", hook: "prerouting", priority: AFTER_DSTNAT },
  ),
  chain("output", [[...isToThisNode(), ...verdict({ kind: "goto", chain: "ports" })]], {
    type: "nat",
    hook: "output",
    priority: AFTER_DSTNAT,
  }),
  chain(
    "postrouting",
    [
      ...byFamily.map(({ daddr, sets }) => [
        ...isDestinationNatted(),
        ...isIn([daddr], sets.published.name),
        ...verdict({ kind: "jump", chain: "to_published" }),
      ]),
      ...byFamily.map(({ saddr, sets }) => [
        ...isIn([saddr], sets.masquerade.name),
        ...verdict({ kind: "goto", chain: "to_world" }),
      ]),
    ],
    { type: "nat", hook: "postrouting", priority: AFTER_SRCNAT },
  ),
];

const sets: readonly NamedSet[] = [
  ...features.flatMap((feature) => [feature.owners, ...feature.sets]),
  routeLocalnet,
];

/**
 * @returns what makes the table with all that does not depend on containers; the kernel refuses it
 *   with EEXIST when the table is there, so that of several who try one succeeds
 */
export function encodeTable(): NetlinkRequest[] {
  return [
    encodeAddTable(table, { existence: "create", comment: TABLE_COMMENT }),
    ...sets.map((each, index) => encodeAddSet(each, "create", index + 1)),
    ...chains.map(({ chain: each }) => encodeAddChain(each, "create")),
    ...chains.flatMap(encodeRules),
  ];
}

/** @returns what makes a chain with its rules; EEXIST when the chain is there */
export function encodeRuleChain(ruleChain: RuleChain): NetlinkRequest[] {
  return [encodeAddChain(ruleChain.chain, "create"), ...encodeRules(ruleChain)];
}

function encodeRules({ chain: each, rules }: RuleChain): NetlinkRequest[] {
  return rules.map((rule) => encodeAddRule(each, rule));
}
