import { type Cidr, formatCidr, hostCidr, parseCidr, subnetOf } from "../../ip/cidr.ts";
import type { RuleOwner } from "../rule-owner.ts";
import { masqueradeChain, masqueradeComment } from "./names.ts";
import { hasRule, rulesTo, type SavedTable } from "./saved-table.ts";

/**
 * Masquerade as the reference suite lays it out in the table nat: POSTROUTING leads what comes from
 * a container's address to a chain of the container's own, which lets packets to its subnet go as
 * they are, and masquerades the others but for multicast. All attachments of a container to one
 * network share the chain.
 */

const MULTICAST = { 4: "224.0.0.0/4", 6: "ff00::/8" } as const;

/** @returns the lines that masquerade these addresses, all of one family */
export function planMasquerade(
  nat: SavedTable,
  owner: RuleOwner,
  addresses: readonly Cidr[],
): string[] {
  const [first] = addresses;
  if (first === undefined) return [];
  const chain = masqueradeChain(owner);
  const remark = masqueradeComment(owner);
  const accepts = addresses.map((cidr) => `-d ${formatCidr(subnetOf(cidr))} ${remark} -j ACCEPT`);
  const masquerade = `! -d ${MULTICAST[first.address.family]} ${remark} -j MASQUERADE`;
  const jumps = addresses.map((cidr) => `${sourceOf(cidr)} ${remark} -j ${chain}`);
  const missing = (from: string) => (spec: string) => !hasRule(nat, from, spec);
  return [
    ...(nat.chains.has(chain) ? [] : [`-N ${chain}`]),
    // Before the masquerade, also where that is there already.
    ...[...new Set(accepts)]
      .filter(missing(chain))
      .toReversed()
      .map((spec) => `-I ${chain} 1 ${spec}`),
    ...[masquerade].filter(missing(chain)).map((spec) => `-A ${chain} ${spec}`),
    ...jumps.filter(missing("POSTROUTING")).map((spec) => `-A POSTROUTING ${spec}`),
  ];
}

function sourceOf(cidr: Cidr): string {
  return `-s ${formatCidr(hostCidr(cidr.address))}`;
}

/** Which of a container's addresses a removal is about. */
export interface RemovedAddresses {
  /** Those of the attachment, if they are known. */
  readonly own: readonly string[] | undefined;
  /** Those of the container's other attachments to the network. */
  readonly others: readonly string[];
}

/** @returns the lines that take an attachment's masquerade away, whichever suite made it */
export function planRemoval(
  nat: SavedTable,
  owner: RuleOwner,
  { own, others }: RemovedAddresses,
): string[] {
  const chain = masqueradeChain(owner);
  if (!nat.chains.has(chain)) return [];
  const kept = new Set(others.flatMap(sourcesOf));
  const removed = own && new Set(own.flatMap(sourcesOf));
  const jumps = rulesTo(nat, "POSTROUTING", chain);
  const going = jumps.filter(({ spec }) => {
    const source = /^-s \S+/.exec(spec)?.[0] ?? "";
    return !kept.has(source) && (removed?.has(source) ?? true);
  });
  return [
    ...going.map(({ spec }) => `-D POSTROUTING ${spec}`),
    ...(going.length === jumps.length ? [`-F ${chain}`, `-X ${chain}`] : []),
  ];
}

/** Releases before 0.8 matched the whole subnet. */
function sourcesOf(text: string): string[] {
  const cidr = parseCidr(text);
  return cidr === undefined ? [] : [sourceOf(cidr), `-s ${formatCidr(subnetOf(cidr))}`];
}
