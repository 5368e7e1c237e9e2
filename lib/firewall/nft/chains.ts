import type { NetlinkRequest } from "../../netlink/message.ts";
import { type Chain, encodeAddChain } from "../../netlink/netfilter/chains.ts";
import { encodeAddRule, type Rule } from "../../netlink/netfilter/rules.ts";
import { encodeAddSet } from "../../netlink/netfilter/sets.ts";
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
import { encodeAddTable } from "../../netlink/netfilter/tables.ts";
import { type FamilySets, routeLocalnet, sets, setsOf, table } from "./layout.ts";

const TABLE_COMMENT = "published ports and masquerade of containers; made by patchbay";

/** After everybody at the usual place: whoever knows more of a packet than its port decides. */
const AFTER_DSTNAT = -100 + 10;
const AFTER_SRCNAT = 100 + 10;
const RAW = -300;

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

/**
 * The chains of the table. Those that others lead to come first: the kernel looks targets up when a
 * rule is added. Worked out when they are needed, which is once in the life of a node.
 */
export function planChains(): readonly RuleChain[] {
  return [
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
        ...byFamily.map(({ saddr, sets }) => verdictFrom([saddr], sets.masquerade.name)),
      ],
      { type: "nat", hook: "postrouting", priority: AFTER_SRCNAT },
    ),
  ];
}

/** A macro: the requests that make the table, as data that the executables can contain. */
export function tableRequests() {
  const chains = planChains();
  const requests = [
    encodeAddTable(table, { existence: "create", comment: TABLE_COMMENT }),
    ...sets.map((each, index) => encodeAddSet(each, "create", index + 1)),
    ...chains.map(({ chain: each }) => encodeAddChain(each, "create")),
    ...chains.flatMap(encodeRules),
  ];
  return requests.map(({ type, flags, label, payload }) => {
    return { type, flags, label, payload: Buffer.from(payload).toString("base64") };
  });
}

/** @returns what makes a chain with its rules; EEXIST when the chain is there */
export function encodeRuleChain(ruleChain: RuleChain): NetlinkRequest[] {
  return [encodeAddChain(ruleChain.chain, "create"), ...encodeRules(ruleChain)];
}

function encodeRules({ chain: each, rules }: RuleChain): NetlinkRequest[] {
  return rules.map((rule) => encodeAddRule(each, rule));
}
