import type { NetlinkRequest } from "../../netlink/message.ts";
import { type Chain, encodeAddChain } from "../../netlink/netfilter/chains.ts";
import { encodeName } from "../../netlink/netfilter/data-types.ts";
import type { Expression } from "../../netlink/netfilter/expressions.ts";
import { encodeAddRule } from "../../netlink/netfilter/rules.ts";
import { equals, etherSaddr, iifname, verdict } from "../../netlink/netfilter/statements.ts";
import { type Existence, encodeAddTable, type Table } from "../../netlink/netfilter/tables.ts";
import { formatTag, type RuleOwner, tagKey } from "../rule-owner.ts";

/**
 * What a bridge lets in from a container: frames with the container's own MAC address. Tables,
 * chains and comments are those of the reference suite; the tag on the first chain is ours, and
 * says which network it is for.
 */

/** What is checked: the host's end of the container's link, and the container's address. */
export interface MacCheck {
  readonly link: string;
  readonly mac: Uint8Array;
}

export const macTable: Table = { family: "bridge", name: "nat" };
/** On a table that was not there before us, so that it can go after the last container. */
export const MAC_TABLE_COMMENT = "made by patchbay";

export const macPrerouting: Chain = {
  table: macTable,
  name: "PREROUTING",
  hook: { type: "filter", hook: "prerouting", priority: -300 },
};

const LONGEST_ID = 112;

/** @returns container and interface as the reference writes them; a hash where they are too long */
function idOf(owner: RuleOwner): string {
  const id = `${owner.containerId}-${owner.ifName}`;
  return Buffer.byteLength(id) <= LONGEST_ID ? id : tagKey(formatTag(owner));
}

export function macComment(owner: RuleOwner): string {
  return `macspoofchk-${idOf(owner)}`;
}

/** @returns the chain of a container's link, and the one that looks at addresses */
export function macChains(owner: RuleOwner): readonly [Chain, Chain] {
  const name = `cni-br-iface-${idOf(owner)}`;
  return [
    { table: macTable, name, comment: formatTag(owner) },
    { table: macTable, name: `${name}-mac` },
  ];
}

/** @returns what makes table and base chain */
export function encodeMacTable(existence: Existence): NetlinkRequest[] {
  const comment = existence === "create" ? { comment: MAC_TABLE_COMMENT } : {};
  return [
    encodeAddTable(macTable, { existence, ...comment }),
    encodeAddChain(macPrerouting, "ensure"),
  ];
}

/** @returns what makes an owner's chains and rules; EEXIST when it has some */
export function encodeMacRules(owner: RuleOwner, { link, mac }: MacCheck): NetlinkRequest[] {
  const [linkChain, macChain] = macChains(owner);
  const comment = macComment(owner);
  const add = (chain: Chain, ...expressions: Expression[]) =>
    encodeAddRule(chain, { expressions, comment });
  const jump = (chain: Chain) => verdict({ kind: "jump", chain: chain.name });
  return [
    encodeAddChain(linkChain, "create"),
    encodeAddChain(macChain, "create"),
    add(macPrerouting, ...equals(iifname, "==", encodeName(link)), ...jump(linkChain)),
    add(linkChain, ...jump(macChain)),
    add(macChain, ...equals(etherSaddr, "==", mac), ...verdict({ kind: "return" })),
    add(macChain, ...verdict({ kind: "drop" })),
  ];
}
