import { addressToBytes } from "../../ip/address.ts";
import { parseCidr } from "../../ip/cidr.ts";
import { isOvertaken, type Nftables } from "../../kernel/nftables.ts";
import { encodeDeleteRule, type KernelRule } from "../../netlink/netfilter/rules.ts";
import type { Table } from "../../netlink/netfilter/tables.ts";
import { isNotFound } from "../../sys/errno.ts";
import { sha512 } from "../../sys/sha512.ts";
import { type PortRequest, splitByFamily } from "../port-request.ts";
import type { IsValid, RuleOwner } from "../rule-owner.ts";
import { repeat } from "./attempts.ts";

/**
 * What the reference suite leaves in nftables: rules of a container each, in tables that stay. A
 * node that changed suites with containers running has some until these containers are gone.
 */

const portTables: readonly Table[] = [
  { family: "ip", name: "cni_hostport" },
  { family: "ip6", name: "cni_hostport" },
];
const portChains = ["hostports", "hostip_hostports", "masquerading"];

const masqueradeTable: Table = { family: "inet", name: "cni_plugins_masquerade" };
const masqueradeChain = "masq_checks";

/**
 * Removes the reference's rules for an attachment's published ports. They name the container, not
 * the attachment: where its addresses are known, rules that are about others stay.
 *
 * @returns whether there were any
 */
export function removeReferencePorts(
  nft: Nftables,
  { containerId }: RuleOwner,
  addresses: readonly string[] | undefined,
): boolean {
  const own = addresses?.flatMap((text) => {
    const cidr = parseCidr(text);
    return cidr === undefined ? [] : [addressToBytes(cidr.address)];
  });
  const isOwn = ({ chain, comment, expressions }: KernelRule) =>
    comment === containerId &&
    portChains.includes(chain) &&
    (own?.some((address) => expressions.includes(address)) ?? true);
  return portTables.filter((table) => removeRules(nft, table, isOwn)).length > 0;
}

/** Whether the reference has published as many ports for a container as were asked for. */
export function hasReferencePorts(
  nft: Nftables,
  { containerId }: RuleOwner,
  request: PortRequest,
): boolean {
  return splitByFamily(request).every(({ family, mappings }) => {
    const [table4, table6] = portTables;
    const table = family === 4 ? table4 : table6;
    const rules = table === undefined ? [] : nft.listRules(table, "hostports");
    return rules.filter(({ comment }) => comment === containerId).length >= mappings.length;
  });
}

/** Whether the reference masquerades an attachment. */
export function hasReferenceMasquerade(nft: Nftables, owner: RuleOwner): boolean {
  return nft.listRules(masqueradeTable, masqueradeChain).some((rule) => isOf(owner, rule));
}

/**
 * Removes the reference's rules for an attachment's masquerade.
 *
 * @returns whether there were any
 */
export function removeReferenceMasquerade(nft: Nftables, owner: RuleOwner): boolean {
  return removeRules(nft, masqueradeTable, (rule) => isOf(owner, rule));
}

function isOf(
  { network, containerId, ifName }: RuleOwner,
  { chain, comment }: KernelRule,
): boolean {
  const start = `${hash(network)}-${hash(`${ifName}:${containerId}`)},`;
  return chain === masqueradeChain && comment?.startsWith(start) === true;
}

/** Removes the reference's masquerade of a network's attachments that are not valid any more. */
export function pruneReferenceMasquerade(nft: Nftables, network: string, isValid: IsValid): void {
  const start = `${hash(network)}-`;
  removeRules(nft, masqueradeTable, ({ chain, comment = "" }) => {
    if (chain !== masqueradeChain || !comment.startsWith(start)) return false;
    // Long comments are cut short: what cannot be read whole is nobody's to remove.
    const names = /, if: ([^,]+), id: (\S+)$/.exec(comment);
    const [, ifName = "", containerId = ""] = names ?? [];
    const isWhole = comment.startsWith(`${start}${hash(`${ifName}:${containerId}`)},`);
    return isWhole && !isValid(containerId, ifName);
  });
}

function hash(text: string): string {
  return sha512(text, "hex").slice(0, 16);
}

function removeRules(nft: Nftables, table: Table, isMeant: (rule: KernelRule) => boolean): boolean {
  if (!nft.hasTable(table)) return false;
  let hadAny = false;
  repeat(() => {
    const rules = nft.listRules(table).filter(isMeant);
    if (rules.length === 0) return true;
    hadAny = true;
    try {
      nft.commit(
        rules.map(({ chain, handle }) => encodeDeleteRule({ table, name: chain }, handle)),
      );
      return true;
    } catch (error) {
      // Somebody else removed one of them at the same time.
      if (isNotFound(error) || isOvertaken(error)) return false;
      throw error;
    }
  });
  return hadAny;
}
