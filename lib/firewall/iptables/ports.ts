import { formatAddress } from "../../ip/address.ts";
import { formatCidr, hostCidr, subnetOf } from "../../ip/cidr.ts";
import type { FamilyMapping, FamilyRequest, PortRequest } from "../port-request.ts";
import type { RuleOwner } from "../rule-owner.ts";
import { comment, dnatChain, dnatComment, historicSnatChain } from "./names.ts";
import { hasRule, quote, rulesTo, type SavedTable } from "./saved-table.ts";

/**
 * Published ports as the reference suite lays them out in the table nat: PREROUTING and OUTPUT lead
 * what is sent to this node to CNI-HOSTPORT-DNAT, that to a chain of the container's own, which
 * marks what is to be masqueraded (CNI-HOSTPORT-SETMARK) and changes the destination. POSTROUTING
 * leads to CNI-HOSTPORT-MASQ, which masquerades what is marked.
 */

export const DNAT = "CNI-HOSTPORT-DNAT";
const MASQ = "CNI-HOSTPORT-MASQ";
const SETMARK = "CNI-HOSTPORT-SETMARK";
const HISTORIC_SNAT = "CNI-HOSTPORT-SNAT";

const toThisNode = `-m addrtype --dst-type LOCAL -j ${DNAT}`;
const toMasq = `${comment("CNI portfwd requiring masquerade")} -j ${MASQ}`;

/** How many ports the match "multiport" takes. */
const PORTS_PER_RULE = 15;

/** @returns the lines that publish ports for one family, in place of those of an earlier ADD */
export function planPorts(
  nat: SavedTable,
  owner: RuleOwner,
  part: FamilyRequest,
  request: PortRequest,
): string[] {
  const chain = dnatChain(owner);
  return [
    ...(request.snat && request.externalSetMarkChain === undefined
      ? planMarkChains(nat, request.markBit)
      : []),
    ...planDnatChain(nat),
    ...rulesTo(nat, DNAT, chain).map(({ spec }) => `-D ${DNAT} ${spec}`),
    nat.chains.has(chain) ? `-F ${chain}` : `-N ${chain}`,
    ...part.mappings
      .flatMap((mapping) => planMapping(mapping, part, request))
      .map((spec) => `-A ${chain} ${spec}`),
    ...planEntries(owner, part.family, request).map((spec) => `-A ${DNAT} ${spec} -j ${chain}`),
  ];
}

function planMarkChains(nat: SavedTable, markBit: number): string[] {
  const value = `0x${(2 ** markBit).toString(16)}`;
  const mark = `${value}/${value}`;
  const setMark = `${comment("CNI portfwd masquerade mark")} -j MARK --set-xmark ${mark}`;
  const masquerade = `-m mark --mark ${mark} -j MASQUERADE`;
  return [
    ...planSharedRule(nat, SETMARK, setMark),
    ...planSharedRule(nat, MASQ, masquerade),
    // Before the rules of masqueraded networks, which would let a marked packet go as it is.
    ...(rulesTo(nat, "POSTROUTING", MASQ).length > 0 ? [] : [`-I POSTROUTING 1 ${toMasq}`]),
  ];
}

function planSharedRule(nat: SavedTable, chain: string, spec: string): string[] {
  return [
    ...(nat.chains.has(chain) ? [] : [`-N ${chain}`]),
    ...(hasRule(nat, chain, spec) ? [] : [`-A ${chain} ${spec}`]),
  ];
}

/** Appended: whoever knows more of a packet than its port, such as kube-proxy, comes first. */
function planDnatChain(nat: SavedTable): string[] {
  return [
    ...(nat.chains.has(DNAT) ? [] : [`-N ${DNAT}`]),
    ...["PREROUTING", "OUTPUT"]
      .filter((chain) => rulesTo(nat, chain, DNAT).length === 0)
      .map((chain) => `-A ${chain} ${toThisNode}`),
  ];
}

/** @returns the rules of one mapping: mark what is to be masqueraded, then change the destination */
function planMapping(mapping: FamilyMapping, part: FamilyRequest, request: PortRequest): string[] {
  const { protocol, hostPort, containerPort, hostAddress } = mapping;
  const { family, container } = part;
  const to = hostAddress === undefined ? "" : `-d ${formatCidr(hostCidr(hostAddress))} `;
  const match = `${to}-p ${protocol} -m ${protocol} --dport ${hostPort}`;
  const address = formatAddress(container.address);
  const target = family === 4 ? address : `[${address}]`;
  return [
    ...planSources(part, request).map(
      (source) => `${source}${match} -j ${quote(request.externalSetMarkChain ?? SETMARK)}`,
    ),
    `${match} -j DNAT --to-destination ${target}:${containerPort}`,
  ];
}

function planSources({ family, container }: FamilyRequest, request: PortRequest): string[] {
  if (!request.snat) return [];
  if (request.masqAll) return [""];
  const neighbours = `-s ${formatCidr(subnetOf(container))} `;
  return family === 4 ? [neighbours, "-s 127.0.0.1/32 "] : [neighbours];
}

/** @returns what leads to the container's chain, for each protocol and 15 ports; see `multiport` */
function planEntries(owner: RuleOwner, family: 4 | 6, request: PortRequest): string[] {
  const protocols = [...new Set(request.mappings.map(({ protocol }) => protocol))].sort();
  const conditions = (request.conditions[family] ?? []).map((word) => ` ${quote(word)}`).join("");
  return protocols.flatMap((protocol) => {
    const ports = request.mappings
      .filter((mapping) => mapping.protocol === protocol)
      .map(({ hostPort }) => hostPort);
    return inGroups(ports).map(
      (group) =>
        `-p ${protocol} ${dnatComment(owner)} -m multiport --dports ${group.join(",")}${conditions}`,
    );
  });
}

function inGroups(ports: readonly number[]): number[][] {
  const count = Math.ceil(ports.length / PORTS_PER_RULE);
  return Array.from({ length: count }, (_, index) =>
    ports.slice(index * PORTS_PER_RULE, (index + 1) * PORTS_PER_RULE),
  );
}

/** @returns a rule of an ADD that is not there any more, or none */
export function findMissing(
  nat: SavedTable,
  owner: RuleOwner,
  part: FamilyRequest,
  request: PortRequest,
): string | undefined {
  const chain = dnatChain(owner);
  const rules = part.mappings.flatMap((mapping) => planMapping(mapping, part, request));
  const entries = rulesTo(nat, DNAT, chain);
  const missingEntry = planEntries(owner, part.family, request).find(
    (entry) => !entries.some(({ spec }) => isSameEntry(spec, entry)),
  );
  return missingEntry ?? rules.find((spec) => !hasRule(nat, chain, spec));
}

/** Conditions are shown in another order and other words than they were given in. */
function isSameEntry(shown: string, planned: string): boolean {
  const [protocol, ports] = [/-p \S+/, /--dports \S+/].map((word) => word.exec(planned)?.[0] ?? "");
  const words = new Set(shown.match(/-p \S+|--dports \S+/g));
  return words.has(protocol ?? "") && words.has(ports ?? "");
}

/** @returns the lines that take an owner's rules away, whichever suite made them */
export function planRemoval(nat: SavedTable, owner: RuleOwner): string[] {
  return [
    ...planChainRemoval(nat, DNAT, dnatChain(owner)),
    ...planChainRemoval(nat, HISTORIC_SNAT, historicSnatChain(owner)),
  ];
}

function planChainRemoval(nat: SavedTable, from: string, chain: string): string[] {
  if (!nat.chains.has(chain)) return [];
  const entries = rulesTo(nat, from, chain).map(({ spec }) => `-D ${from} ${spec}`);
  return [...entries, `-F ${chain}`, `-X ${chain}`];
}

/** Whether nobody but this owner has published ports. */
export function isLast(nat: SavedTable, owner: RuleOwner): boolean {
  const own = new Set(rulesTo(nat, DNAT, dnatChain(owner)));
  return nat.rules.every((rule) => rule.chain !== DNAT || own.has(rule));
}

/**
 * @returns the lines that take away what all containers share along with the last owner's rules;
 *   they presuppose that {@link isLast}
 */
export function planLastRemoval(nat: SavedTable, owner: RuleOwner): string[] {
  const entries = [
    ["PREROUTING", DNAT],
    ["OUTPUT", DNAT],
    ["POSTROUTING", MASQ],
  ] as const;
  const chains = [DNAT, dnatChain(owner), MASQ, SETMARK].filter((chain) => nat.chains.has(chain));
  return [
    ...entries.flatMap(([from, chain]) =>
      rulesTo(nat, from, chain).map(({ spec }) => `-D ${from} ${spec}`),
    ),
    // All are emptied before the first goes, for they lead to each other.
    ...chains.map((chain) => `-F ${chain}`),
    ...chains.map((chain) => `-X ${chain}`),
    ...planChainRemoval(nat, HISTORIC_SNAT, historicSnatChain(owner)),
  ];
}
